import { chartSvg } from '@kd/report'
import type { ScoredExample } from './score-table.js'

const BINS = 60

/**
 * Draws how the scores are spread, those of the chosen examples apart.
 *
 * @param table - a line per example
 * @param name - of the score
 * @returns an SVG file
 */
export function scoreHistogram(table: readonly ScoredExample[], name: string): Promise<string> {
  const sorted = Float64Array.from(table, ({ score }) => score).sort()
  // Influence has tails that would squeeze all the rest into one bar.
  const low = sorted[Math.floor(0.005 * sorted.length)]!
  const high = sorted[Math.ceil(0.995 * sorted.length) - 1]!
  const width = (high - low) / BINS || 1
  const counts = new Map<string, number>()
  for (const { score, selected } of table) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((score - low) / width)))
    const key = `${bin} ${selected}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const values = [...counts].map(([key, examples]) => {
    const [bin, selected] = key.split(' ')
    const from = low + Number(bin) * width
    return {
      from,
      to: from + width,
      examples,
      taught: selected === 'true' ? 'by the teacher' : 'by the label',
    }
  })
  return chartSvg({
    width: 560,
    height: 240,
    title: `Scores of ${table.length} examples`,
    data: { values },
    mark: { type: 'bar', tooltip: true },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        bin: { binned: true },
        title: `${name}; the outermost half per cent at each end is in the outermost bars`,
      },
      x2: { field: 'to' },
      y: { field: 'examples', type: 'quantitative', stack: 'zero', title: 'examples' },
      color: { field: 'taught', type: 'nominal', title: 'taught', scale: { scheme: 'tableau10' } },
    },
  })
}
