/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '398dce056b9c'
