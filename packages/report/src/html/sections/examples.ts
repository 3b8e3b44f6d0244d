import type { ReportedRun } from '../../run/reported-run.js'
import type { ExampleMeasure, MeasuredExample, RunDiagnostics } from '../../run/run-diagnostics.js'
import { figure } from '../figure.js'
import { html, type Html } from '../html.js'
import type { Section } from '../page.js'
import { htmlTable, percent } from '../table.js'

/** What a run's method made of single training examples: numbers, and the examples at their ends. */
export async function examplesSection(runs: readonly ReportedRun[]): Promise<Section | undefined> {
  const known = runs.filter(
    ({ diagnostics }) =>
      diagnostics !== undefined &&
      (diagnostics.measures.length > 0 || diagnostics.regularization !== undefined),
  )
  if (known.length === 0) return undefined
  const parts = await Promise.all(
    known.map(async ({ name, diagnostics }) => {
      const content = await oneRun(diagnostics!)
      return known.length === 1
        ? content
        : html`<details>
            <summary>${name}</summary>
            ${content}
          </details>`
    }),
  )
  return { id: 'examples', title: 'Training examples', content: html`${parts}` }
}

async function oneRun(diagnostics: RunDiagnostics): Promise<Html> {
  const measures = await Promise.all(
    diagnostics.measures.map(async (measure) => {
      const chart = await figure(
        `how ${measure.name} is spread over ${total(measure)} training examples`,
        spread(measure),
      )
      return html`<h3>${measure.name}</h3>
        <p>${measure.meaning}</p>
        ${chart}
        <h3>Highest</h3>
        ${list(measure.highest, diagnostics)}
        <h3>Lowest</h3>
        ${list(measure.lowest, diagnostics)}`
    }),
  )
  return html`${regularization(diagnostics)}${measures}`
}

function total({ counts }: ExampleMeasure): number {
  return counts.reduce((sum, count) => sum + count, 0)
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

function list(examples: readonly MeasuredExample[], { classNames }: RunDiagnostics): Html {
  return html`<ol class="examples">
    ${examples.map(({ id, value, label, prediction, image }) => {
      const name = classNames[label] ?? String(label)
      const said = prediction === undefined ? undefined : (classNames[prediction] ?? String(prediction))
      const teacher =
        said === undefined
          ? ''
          : html`<br /><span class="${prediction === label ? '' : 'wrong'}">teacher: ${said}</span>`
      return html`<li>
        ${image === undefined ? '' : html`<img src="data:image/png;base64,${image}" alt="example ${id}, labelled ${name}" />`}
        ${value.toPrecision(3)}<br />${name}${teacher}
      </li>`
    })}
  </ol>`
}

function regularization({ regularization: counts }: RunDiagnostics): Html {
  if (counts === undefined || counts.length === 0) return html``
  const rows = counts.map(({ teacher, temperature, atLabel, overall, examples }) => [
    `teacher ${teacher} at temperature ${temperature}`,
    `${atLabel} (${percent(atLabel / examples)})`,
    `${overall} (${percent(overall / examples)})`,
  ])
  return html`<h3>Regularization samples</h3>
    <p>
      Training examples at which the teacher's term of vanilla distillation pulls harder on the logits than
      the label, for the student as it is at the end: by the derivative at the label's class, and by its
      length over all classes (Zhou et al., ICLR 2021; absolute values are this report's reading).
    </p>
    ${htmlTable(['', 'at the label', 'over all classes'], rows)}`
}
