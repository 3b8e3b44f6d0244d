import type { Comparison } from '../comparison/comparison.js'
import type { ReportedRun } from '../run/reported-run.js'
import { page, type Section } from './parts/page.js'
import { classificationSection } from './sections/classification.js'
import { costSection } from './sections/cost.js'
import { curvesSection } from './sections/curves.js'
import { examplesSection } from './sections/examples.js'
import { findingsSection } from './sections/findings.js'
import { keyFiguresSection } from './sections/key-figures.js'
import { comparisonSection, originSection, runsSection } from './sections/results.js'

/** The content of a report. */
export interface Report {
  readonly title: string
  /** The runs, at least one. */
  readonly runs: readonly ReportedRun[]
  /** The comparison that the runs belong to. */
  readonly comparison?: Comparison
  /** The time when the report was made, as text. */
  readonly date: string
  /**
   * Address of a script that keeps the page up to date, on the server that the page comes from. The page may then fetch from there.
   *
   * @defaultValue none: the file needs nothing else and runs nothing
   */
  readonly script?: string
}

/**
 * Draws a report as one HTML file that needs no network and runs no script: first what was found, in words and with the
 * key figures, then tables, learning curves with bands over seeds, accuracy against
 * cost, confusion matrix and reliability diagram, what the method did to single examples, config and environment.
 *
 * The parts that depend on one run alone are drawn once for each object and kept, so that a report is quickly drawn again when
 * another run has changed.
 *
 * Runs of the same {@link ReportedRun.method}, or of the same labels in the comparison, are summarized together.
 *
 * @param report - see {@link Report}
 * @returns the file's text
 * @throws RangeError when there is no run
 *
 * @example
 * ```ts
 * import { reportHtml } from '@kd/report'
 *
 * const epoch = { epoch: 1, steps: 10, seconds: 0.5, learningRate: 0.1, train: { loss: 2.3, figure: 0.2 } }
 * const run = { name: 'first', method: 'vanilla-kd', seed: 0, config: '', environment: {}, epochs: [epoch] }
 * const text = await reportHtml({ title: 'My runs', runs: [run], date: '2026-11-22' })
 * console.log(text.startsWith('<!doctype html>')) // true
 * ```
 */
export async function reportHtml({ title, runs, comparison, date, script }: Report): Promise<string> {
  if (runs.length === 0) throw new RangeError('reportHtml: runs must hold at least one run, got none')
  const settingOf = settings(comparison)
  const sections: readonly (Section | undefined)[] = [
    comparison && (await findingsSection(comparison)),
    runs.length === 1 ? keyFiguresSection(runs[0]!) : undefined,
    comparison && comparisonSection(comparison),
    // Of one run it would be a chart of one dot.
    runs.length > 1 ? await costSection(runs, settingOf) : undefined,
    runsSection(runs),
    await curvesSection(runs, settingOf),
    await classificationSection(runs),
    await examplesSection(runs),
    originSection(runs),
  ]
  const shown = sections.filter((section) => section !== undefined)
  const subtitle = `${runs.length === 1 ? 'One run' : `${runs.length} runs`}, ${date}`
  return page({ title, subtitle, sections: shown, script })
}

function settings(comparison: Comparison | undefined): (run: ReportedRun) => string {
  const labels = new Map(comparison?.runs.map((run) => [run.folder, Object.values(run.labels).join(', ')]))
  return ({ name, method }) => labels.get(name) ?? method
}
