/** The pixels of a BMP file, as sharp takes them. */
export interface BmpPixels {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: 3
}

/** Tells whether bytes begin as a BMP file does. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length > 54
}

/**
 * Reads a BMP file as most programs write it: 24 or 32 bits per pixel, or 8 bits and a palette, not compressed.
 *
 * @throws RangeError when it is of another kind or its size does not fit the file
 *
 * @see Microsoft, Bitmap Storage, BITMAPINFOHEADER
 */
export function parseBmp(bytes: Uint8Array): BmpPixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = view.getUint32(10, true)
  const header = view.getUint32(14, true)
  const width = view.getInt32(18, true)
  const signedHeight = view.getInt32(22, true)
  const height = Math.abs(signedHeight)
  const bits = view.getUint16(28, true)
  const compression = view.getUint32(30, true)
  if (![8, 24, 32].includes(bits) || (compression !== 0 && !(compression === 3 && bits === 32)))
    throw new RangeError(`a BMP of ${bits} bits per pixel and compression ${compression}, which is not read`)
  const rowBytes = Math.ceil((width * bits) / 32) * 4
  if (!(width > 0 && height > 0 && start + rowBytes * height <= bytes.length))
    throw new RangeError(`a BMP of ${width} x ${height} pixels in ${bytes.length} bytes`)
  const palette = 14 + header
  if (bits === 8 && palette > start) throw new RangeError('a BMP whose palette is not whole')
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    // Rows lie from the bottom up unless the height is negative.
    const from = start + rowBytes * (signedHeight > 0 ? height - 1 - row : row)
    for (let column = 0; column < width; column++) {
      const at = bits === 8 ? palette + 4 * bytes[from + column]! : from + (bits / 8) * column
      const to = 3 * (row * width + column)
      for (let channel = 0; channel < 3; channel++) data[to + channel] = bytes[at + 2 - channel]!
    }
  }
  return { data, width, height, channels: 3 }
}
