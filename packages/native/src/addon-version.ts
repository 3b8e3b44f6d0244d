/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = 'c02e064d6106'
