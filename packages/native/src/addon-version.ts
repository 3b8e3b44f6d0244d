/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '1d3c4673ff1e'
