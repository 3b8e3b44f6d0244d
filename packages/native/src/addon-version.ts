/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '7a619bfc1831'
