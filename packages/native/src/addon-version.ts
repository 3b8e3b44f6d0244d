/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = 'afc4c9c59289'
