/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '5fc486d74c92'
