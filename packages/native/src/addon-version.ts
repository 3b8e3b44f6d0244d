/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '1ede3e943075'
