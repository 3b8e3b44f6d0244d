import type { ReportedRun } from '../../run/reported-run.js'
import type { RunDiagnostics } from '../../run/run-diagnostics.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'
import { oncePer } from '../parts/once-per.js'
import type { Section } from '../parts/page.js'

/** The most classes at which numbers in the squares can be read. */
const READABLE = 12

/** Shows confusion matrix and reliability diagram of each run. */
export async function classificationSection(runs: readonly ReportedRun[]): Promise<Section | undefined> {
  const known = runs.filter(({ diagnostics }) => diagnostics !== undefined)
  if (known.length === 0) return undefined
  const parts = await Promise.all(
    known.map(async ({ name, diagnostics }) => {
      const figures = await charts(diagnostics!)
      const content = html`<div class="charts">${figures}</div>`
      return known.length === 1
        ? content
        : html`<details ${known[0]!.name === name ? 'open' : ''}>
            <summary>${name}</summary>
            ${content}
          </details>`
    }),
  )
  return { id: 'classification', title: 'Which classes, and how sure', content: html`${parts}` }
}

const charts = oncePer((diagnostics: RunDiagnostics) =>
  Promise.all([confusion(diagnostics), reliability(diagnostics)]),
)

function confusion({
  confusion: matrix,
  classNames,
  split,
  student,
  nonFinite,
}: RunDiagnostics): Promise<Html> {
  const values = matrix.flatMap((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1
    return row.map((count, prediction) => ({
      label: classNames[label],
      prediction: classNames[prediction],
      count,
      share: count / total,
    }))
  })
  const x = {
    field: 'prediction',
    type: 'ordinal',
    sort: null,
    title: 'prediction',
    axis: { labelAngle: -60 },
  }
  const y = { field: 'label', type: 'ordinal', sort: null, title: 'label' }
  const squares = {
    mark: 'rect',
    encoding: {
      color: {
        field: 'share',
        type: 'quantitative',
        scale: { scheme: 'blues', domain: [0, 1] },
        legend: null,
      },
    },
  }
  const numbers = {
    mark: { type: 'text', fontSize: 9 },
    encoding: {
      text: { field: 'count', type: 'quantitative' },
      // Squares are light or dark by their share, whether the page is light or dark.
      color: { condition: { test: 'datum.share > 0.5', value: 'white' }, value: '#222' },
    },
  }
  return figure(
    `predictions by label on the ${split} split, ${student} student; a row's shade is its share` +
      (nonFinite === undefined ? '' : `; without ${nonFinite} whose logits are not finite`),
    {
      data: { values },
      encoding: { x, y },
      layer: classNames.length > READABLE ? [squares] : [squares, numbers],
    },
  )
}

function reliability({ reliability: bins, split }: RunDiagnostics): Promise<Html> {
  const x = { field: 'confidence', type: 'quantitative', title: 'confidence', scale: { domain: [0, 1] } }
  const y = { field: 'accuracy', type: 'quantitative', title: 'accuracy', scale: { domain: [0, 1] } }
  const right = [
    { confidence: 0, accuracy: 0 },
    { confidence: 1, accuracy: 1 },
  ]
  return figure(
    `how often the student is right when it is so sure, ${split} split; a point's area is its number of examples`,
    {
      layer: [
        {
          data: { values: right },
          mark: { type: 'line', strokeDash: [4, 4], color: 'gray' },
          encoding: { x, y },
        },
        { data: { values: bins }, mark: { type: 'line', opacity: 0.5 }, encoding: { x, y } },
        {
          data: { values: bins },
          mark: { type: 'circle', opacity: 0.8 },
          encoding: {
            x,
            y,
            size: { field: 'count', type: 'quantitative', title: 'examples', legend: { orient: 'bottom' } },
          },
        },
      ],
    },
  )
}
