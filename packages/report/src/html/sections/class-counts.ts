import type { ClassCount, RunDiagnostics } from '../../run/run-diagnostics.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'
import { percent } from '../parts/table.js'

/** The most classes at which numbers above the bars can be read. */
const READABLE = 12

/** Shows, for each class, how many training examples the method treated in its particular way. */
export async function classCounts({ classCounts: counts = [], classNames }: RunDiagnostics): Promise<Html> {
  if (counts.length === 0) return html``
  const figures = await Promise.all(
    counts.map((count) => {
      const [of, all] = [count.counts, count.examples].map((numbers) =>
        numbers.reduce((sum, number) => sum + number, 0),
      ) as [number, number]
      const caption = `${count.name}: ${of} of ${all} training examples (${percent(of / (all || 1))}), by class`
      return figure(caption, chart(count, classNames))
    }),
  )
  return html`<h3>Which classes</h3>
    <div class="charts">${figures}</div>`
}

function chart(
  { name, examples, counts }: ClassCount,
  classNames: readonly string[],
): Readonly<Record<string, unknown>> {
  const values = examples.map((all, label) => ({
    class: classNames[label] ?? String(label),
    share: (100 * counts[label]!) / (all || 1),
    count: `${counts[label]!}`,
  }))
  const x = {
    field: 'class',
    type: 'ordinal',
    sort: null,
    title: 'class',
    axis: { labelAngle: -60, labelOverlap: true },
  }
  const y = { field: 'share', type: 'quantitative', title: `${name}, %` }
  const bars = { mark: 'bar', encoding: { x, y } }
  const numbers = {
    mark: { type: 'text', dy: -6, fontSize: 9, color: 'currentColor' },
    encoding: { x, y, text: { field: 'count', type: 'nominal' } },
  }
  return { data: { values }, layer: classNames.length > READABLE ? [bars] : [bars, numbers] }
}
