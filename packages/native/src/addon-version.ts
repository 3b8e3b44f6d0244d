/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '6466e6f5f234'
