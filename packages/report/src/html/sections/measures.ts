import type { ExampleMeasure, MeasuredExample, RunDiagnostics } from '../../run/run-diagnostics.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'
import { htmlTable } from '../parts/table.js'

/** Shows each number per training example at the end of a run: its spread, and the examples with the highest and lowest values. */
export async function measures(diagnostics: RunDiagnostics): Promise<Html> {
  const parts = await Promise.all(
    diagnostics.measures.map(async (measure) => {
      const examples = measure.counts.reduce((sum, count) => sum + count, 0)
      const chart = await figure(
        `how ${measure.name} is spread over ${examples} training examples`,
        spread(measure),
      )
      return html`<h3>${measure.name}</h3>
        <p>${measure.meaning}</p>
        ${chart}
        <h4>Highest</h4>
        ${ends(measure.highest, measure, diagnostics)}
        <h4>Lowest</h4>
        ${ends(measure.lowest, measure, diagnostics)}`
    }),
  )
  return html`${parts}`
}

function spread({ name, edges, counts }: ExampleMeasure): Readonly<Record<string, unknown>> {
  return {
    data: { values: counts.map((examples, bin) => ({ from: edges[bin], to: edges[bin + 1], examples })) },
    mark: 'bar',
    height: 160,
    encoding: {
      x: { field: 'from', type: 'quantitative', bin: { binned: true }, title: name },
      x2: { field: 'to' },
      y: { field: 'examples', type: 'quantitative', title: 'examples' },
    },
  }
}

/** Shows examples as pictures where the inputs are images, and as a table otherwise. */
function ends(
  examples: readonly MeasuredExample[],
  { name: measure }: ExampleMeasure,
  { classNames }: RunDiagnostics,
): Html {
  const nameOf = (label: number): string => classNames[label] ?? String(label)
  const wordsOf = ({ value, label, prediction }: MeasuredExample) => ({
    number: value.toPrecision(3),
    name: nameOf(label),
    said: prediction === undefined ? undefined : nameOf(prediction),
  })
  if (!examples.some(({ image }) => image !== undefined)) {
    const rows = examples.map((example) => {
      const { number, name, said = '' } = wordsOf(example)
      return [`example ${example.id}`, number, name, said]
    })
    return htmlTable(['', measure, 'label', 'teacher says'], rows)
  }
  return html`<ol class="examples">
    ${examples.map((example) => {
      const { id, label, prediction, image } = example
      const { number, name, said } = wordsOf(example)
      const saying = said === undefined ? '' : `, teacher says ${said}`
      const alternative = `example ${id}, label ${name}${saying}, ${measure} ${number}`
      return html`<li>
        ${image === undefined ? '' : html`<img src="data:image/png;base64,${image}" alt="${alternative}" />`}
        ${number}<br />label: ${name}
        ${
          said === undefined
            ? ''
            : html`<br /><span class="${prediction === label ? '' : 'wrong'}">teacher: ${said}</span>`
        }
      </li>`
    })}
  </ol>`
}
