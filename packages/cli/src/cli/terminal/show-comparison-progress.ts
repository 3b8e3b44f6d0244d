import { figureText } from '@kd/report'
import type { Budget } from '../../jobs/compare/estimate-budget.js'
import type { ComparisonProgress } from '../../jobs/compare/run-comparison.js'
import { mainFigure } from '../../run/log/run-result.js'
import type { RunProgress } from '../../run/log/run-progress.js'
import type { Job, JobOutcome } from '../../jobs/job/job.js'
import { sizeOnDisk } from '../../jobs/size-on-disk.js'
import { duration } from './duration.js'
import { lineText } from './guarded-text.js'
import { TerminalBar } from './terminal-bar.js'
import type { Terminal } from './terminal.js'

/** Takes what a comparison tells. */
export interface ComparisonListener {
  readonly onProgress: (progress: ComparisonProgress) => void
  readonly stop: () => void
}

/**
 * Shows how far a comparison is: one line per job that ended, and on a terminal a bar below them with what is under way.
 *
 * @param terminal - whose `err` is written to
 * @returns the listener, and a function that takes the bar away
 */
export function showComparisonProgress(terminal: Terminal): ComparisonListener {
  const { err } = terminal
  const underWay = new Map<string, string>()
  const started = new Map<string, number>()
  let jobs = 0
  let ended = 0
  const bar = new TerminalBar(terminal, 16)
  const say = (line: string): unknown => err.write(lineText(line))
  const draw = (): void => {
    if (err.isTTY !== true || jobs === 0) return
    bar.draw('jobs', {
      value: ended,
      total: jobs,
      note: `${ended}/${jobs} ${[...underWay.values()].join(' | ')}`,
    })
  }
  return {
    stop: () => bar.end(),
    onProgress: (event) => {
      if (event.kind === 'message') say(event.text)
      if (event.kind === 'budget') say(budgetLine(event.budget))
      if (event.kind === 'planned') {
        jobs = event.jobs
        say(`${event.runs} runs, ${event.done} of them done already; ${jobs} jobs to do`)
      }
      if (event.kind === 'started') {
        underWay.set(event.job.id, event.job.name)
        started.set(event.job.id, performance.now())
      }
      if (event.kind === 'progress') underWay.set(event.job.id, stage(event.job, event.progress))
      if (event.kind === 'ended') {
        ended++
        underWay.delete(event.job.id)
        // All of them at once, and the runner says so.
        if (event.outcome.state === 'submitted') return
        const began = started.get(event.job.id)
        const seconds = began === undefined ? '' : ` in ${((performance.now() - began) / 1000).toFixed(1)} s`
        say(`${ended}/${jobs} ${event.job.name}: ${outcomeText(event.outcome)}${seconds}`)
      }
      if (ended < jobs) draw()
      else bar.end()
    },
  }
}

function stage({ name }: Job, progress: RunProgress): string {
  return progress.kind === 'step' ? `${name} ${progress.step.epoch + 1}/${progress.step.epochs}` : name
}

function outcomeText(outcome: Exclude<JobOutcome, { readonly state: 'submitted' }>): string {
  switch (outcome.state) {
    case 'done': {
      const test = outcome.result?.last?.test
      return test === undefined
        ? 'done'
        : `test ${figureText(test[outcome.result!.task.monitor], mainFigure(outcome.result!.task))}`
    }
    case 'failed':
      return `FAILED, ${outcome.message}`
    case 'stopped':
      return 'stopped'
  }
}

function budgetLine({ seconds, bytes, jobs, fromEarlierRuns }: Budget): string {
  const source =
    fromEarlierRuns === 0
      ? 'from steps that were timed now'
      : `${fromEarlierRuns} of ${jobs} jobs from earlier runs, the others from steps that were timed now`
  return `about ${duration(seconds)} and ${sizeOnDisk(bytes)} on the disk (${source})`
}
