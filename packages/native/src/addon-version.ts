/** Which C++ sources this side belongs to; written by build-addon.mjs. */
export const addonVersion = 'b4e8b109592e'
