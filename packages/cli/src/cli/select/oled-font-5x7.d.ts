declare module 'oled-font-5x7' {
  const font: {
    readonly width: number
    readonly height: number
    /** Letter by letter, column by column; the lowest bit is the top. */
    readonly fontData: readonly number[]
    readonly lookup: readonly string[]
  }
  export = font
}
