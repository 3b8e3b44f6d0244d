import type { Comparison } from '../../comparison/comparison.js'
import { comparisonTables } from '../../comparison/comparison-tables.js'
import { trainedSums, type ReportedRun } from '../../run/reported-run.js'
import { html } from '../parts/html.js'
import type { Section } from '../parts/page.js'
import { accuracy, figureNote, figureText } from '../../figure-text.js'
import { htmlTable } from '../parts/table.js'

/** Shows the table of a comparison with its tests. */
export function comparisonSection(comparison: Comparison): Section {
  const { tables, notes } = comparisonTables(comparison)
  const content = html`
    ${tables.map(
      ({ title, head, rows }) =>
        html`<h3>${title}</h3>
          ${htmlTable(head, rows)}`,
    )}
    ${notes.map((note) => html`<p>${note}</p>`)}
  `
  return { id: 'comparison', title: 'Comparison', content }
}

/** Shows one line per run: how it ended and how good its student is. */
export function runsSection(runs: readonly ReportedRun[]): Section {
  // Where all figures are accuracies, no column needs a note.
  const namesFigures = runs.some(({ figure }) => figureNote(figure) !== undefined)
  const head = [
    'run',
    'method',
    'seed',
    'epochs',
    ...(namesFigures ? ['figure'] : []),
    'test, last epoch',
    'test, best on validation',
    'ended',
    'seconds',
  ]
  const rows = runs.map((run) => {
    const { name, method, seed, figure, result, stopped } = run
    return [
      ...[name, method, seed, trainedSums(run).epochs],
      ...(namesFigures ? [figureNote(figure) ?? accuracy.title] : []),
      figureText(result?.last?.test, figure),
      figureText(result?.best?.test, figure),
      result?.ended ?? (stopped === undefined ? 'goes on' : `stopped: ${stopped}`),
      result?.seconds.toFixed(1) ?? '',
    ]
  })
  const teachers = runs.flatMap(({ name, figure, result }) =>
    (result?.teachers ?? []).map(({ model, train, test }, index) => [
      `${name}, teacher ${index + 1} (${model})`,
      figureText(train, figure),
      figureText(test, figure),
    ]),
  )
  const content = html`
    ${htmlTable(head, rows)}
    <p>No epoch is chosen on the test split.</p>
    ${
      teachers.length === 0
        ? ''
        : html`<h3>Teachers</h3>
            ${htmlTable(['teacher', 'on the student’s training split', 'test'], teachers)}`
    }
  `
  return { id: 'runs', title: 'Runs', content }
}

/** Shows the config and the environment of each run, from which all its numbers come. */
export function originSection(runs: readonly ReportedRun[]): Section {
  const content = html`${runs.map(
    ({ name, config, environment }) =>
      html`<details>
        <summary>${name}</summary>
        <h3>Config</h3>
        <pre tabindex="0">${config}</pre>
        <h3>Environment</h3>
        <pre tabindex="0">${JSON.stringify(environment, null, 2)}</pre>
      </details>`,
  )}`
  return { id: 'origin', title: 'Config and environment', content }
}
