import type { Dataset } from '@kd/core'
import { isImage, pixelScale } from '../../run/diagnostics/example-image.js'
import { fitting, Raster, type Color } from './raster.js'
import type { ScoredExample } from './score-table.js'

const COLUMNS = 8
const ROWS = 3
const MARGIN = 8
const LINE = 10
/** Pixels that a picture is enlarged to at least. */
const SIDE = 64
const RED: Color = [200, 0, 0]

/**
 * Draws the training images with the highest and the lowest scores, each with its label and below it the scored model's prediction,
 * red where they differ.
 *
 * @param dataset - of the table
 * @param table - a line per training example, in the split's order
 * @returns a PNG file; undefined when the inputs are no images [height, width, 1 or 3 channels]
 */
export function contactSheet(dataset: Dataset, table: readonly ScoredExample[]): Uint8Array | undefined {
  const [height, width] = dataset.inputShape
  if (!isImage(dataset)) return undefined
  const ranked = [...table.keys()].sort((a, b) => table[b]!.score - table[a]!.score)
  const shown = Math.min(COLUMNS * ROWS, ranked.length)
  const sections = [
    [`Highest scores of ${table.length}`, ranked.slice(0, shown)],
    ['Lowest scores, the lowest first', ranked.slice(-shown).reverse()],
  ] as const

  const scale = Math.max(1, Math.ceil(SIDE / Math.max(height!, width!)))
  const cell = { width: width! * scale + MARGIN, height: height! * scale + 2 * LINE + MARGIN }
  const sectionHeight = 2 * LINE + Math.ceil(shown / COLUMNS) * cell.height
  const raster = new Raster(MARGIN + COLUMNS * cell.width, MARGIN + sections.length * sectionHeight)
  const toByte = pixelScale(dataset)
  for (const [index, [title, rows]] of sections.entries()) {
    const top = MARGIN + index * sectionHeight
    raster.write(MARGIN, top, title)
    for (const [position, row] of rows.entries()) {
      const x = MARGIN + (position % COLUMNS) * cell.width
      const y = top + 2 * LINE + Math.floor(position / COLUMNS) * cell.height
      drawImage(raster, { x, y, scale }, dataset, row, toByte)
      const { label, prediction } = table[row]!
      const name = (of: number): string => fitting(dataset.classNames[of]!, cell.width - 2)
      raster.write(x, y + height! * scale + 2, name(label))
      raster.write(
        x,
        y + height! * scale + 2 + LINE,
        name(prediction),
        prediction === label ? undefined : RED,
      )
    }
  }
  return raster.png()
}

function drawImage(
  raster: Raster,
  { x, y, scale }: { readonly x: number; readonly y: number; readonly scale: number },
  { inputShape, train }: Dataset,
  row: number,
  toByte: (value: number) => number,
): void {
  const [height, width, channels] = inputShape as [number, number, number]
  for (let line = 0; line < height; line++)
    for (let column = 0; column < width; column++) {
      const at = ((row * height + line) * width + column) * channels
      const color = [0, 1, 2].map((channel) => toByte(train.inputs[at + (channels === 3 ? channel : 0)]!))
      raster.fill(x + column * scale, y + line * scale, scale, scale, color as unknown as Color)
    }
}
