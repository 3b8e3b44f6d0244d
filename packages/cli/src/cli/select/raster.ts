// The reference goes with the source into every package that is checked with it.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- a package without types has nothing to import
/// <reference path="./oled-font-5x7.d.ts" />
import { encode } from 'fast-png'
import font from 'oled-font-5x7'

/** Red, green, blue, each 0 to 255. */
export type Color = readonly [number, number, number]

const BLACK: Color = [0, 0, 0]
/** One column of every letter stays free. */
const LETTER_WIDTH = font.width + 1

/** A picture of pixels to draw on, white at first. */
export class Raster {
  readonly #pixels: Uint8Array

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.#pixels = new Uint8Array(width * height * 3).fill(255)
  }

  /** Fills a rectangle; what lies outside is left away. */
  fill(left: number, top: number, width: number, height: number, color: Color): void {
    for (let y = Math.max(0, top); y < Math.min(this.height, top + height); y++)
      for (let x = Math.max(0, left); x < Math.min(this.width, left + width); x++)
        this.#pixels.set(color, (y * this.width + x) * 3)
  }

  /** Writes one line of text in letters of 5 x 7 pixels; a letter that the font lacks becomes a question mark. */
  write(left: number, top: number, text: string, color: Color = BLACK): void {
    for (const [position, letter] of Array.from(text).entries()) {
      const found = font.lookup.indexOf(letter)
      const glyph = (found === -1 ? font.lookup.indexOf('?') : found) * font.width
      for (let x = 0; x < font.width; x++)
        for (let y = 0; y < font.height; y++)
          if ((font.fontData[glyph + x]! >> y) & 1)
            this.fill(left + position * LETTER_WIDTH + x, top + y, 1, 1, color)
    }
  }

  /** The picture as a PNG file. */
  png(): Uint8Array {
    return encode({ width: this.width, height: this.height, data: this.#pixels, channels: 3 })
  }
}

/** So much of a text as fits into a width in pixels. */
export function fitting(text: string, width: number): string {
  return Array.from(text)
    .slice(0, Math.floor((width + 1) / LETTER_WIDTH))
    .join('')
}
