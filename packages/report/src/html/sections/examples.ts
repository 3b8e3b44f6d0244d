import type { ReportedRun } from '../../run/reported-run.js'
import type { RunDiagnostics } from '../../run/run-diagnostics.js'
import { html, type Html } from '../parts/html.js'
import { oncePer } from '../parts/once-per.js'
import type { Section } from '../parts/page.js'
import { htmlTable, percent } from '../parts/table.js'
import { classCounts } from './class-counts.js'
import { measures } from './measures.js'
import { overTraining } from './over-training.js'

/** Shows what a run's method did to single training examples, over the training and at its end. */
export async function examplesSection(runs: readonly ReportedRun[]): Promise<Section | undefined> {
  const parts = await Promise.all(runs.map(async (run) => ({ name: run.name, content: await oneRun(run) })))
  const known = parts.filter(({ content }) => content.text !== '')
  if (known.length === 0) return undefined
  const content = known.map(({ name, content: ofRun }) =>
    known.length === 1
      ? ofRun
      : html`<details>
          <summary>${name}</summary>
          ${ofRun}
        </details>`,
  )
  return { id: 'examples', title: 'Training examples', content: html`${content}` }
}

const oneRun = oncePer(async (run: ReportedRun): Promise<Html> => {
  const { diagnostics } = run
  const over = await overTraining(run)
  if (diagnostics === undefined) return over
  return html`${over}${await classCounts(diagnostics)}${regularization(diagnostics)}${await measures(diagnostics)}`
})

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
