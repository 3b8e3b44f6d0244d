/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = '69e2811ba502'
