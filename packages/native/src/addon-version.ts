/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '51b4e991aeae'
