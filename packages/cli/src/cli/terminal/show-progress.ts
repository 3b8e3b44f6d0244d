import { figureText } from '@kd/report'
import type { OnRunProgress, RunProgress } from '../../run/log/run-progress.js'
import { mainFigure } from '../../run/log/run-result.js'
import { lineText } from './guarded-text.js'
import { TerminalBar } from './terminal-bar.js'
import type { Terminal } from './terminal.js'

type EpochProgress = Extract<RunProgress, { kind: 'epoch' }>

/**
 * Shows what a run tells: a bar that moves with every step on a terminal, below a line for each epoch, and the lines alone elsewhere.
 *
 * @param terminal - whose `err` is written to
 * @returns the listener, and a function that takes the bar away
 */
export function showProgress(terminal: Terminal): { onProgress: OnRunProgress; stop: () => void } {
  return terminal.err.isTTY === true ? barProgress(terminal) : lineProgress(terminal)
}

function lineProgress({ err }: Terminal): ReturnType<typeof showProgress> {
  let evaluated = 0
  let downloading = ''
  return {
    stop: () => undefined,
    onProgress: (progress) => {
      if (progress.kind === 'message') err.write(lineText(progress.text))
      if (progress.kind === 'epoch') err.write(`${epochLine(progress)}\n`)
      if (progress.kind === 'download' && progress.url !== downloading) {
        downloading = progress.url
        err.write(`downloading ${downloading}${inMegabytes(progress.totalBytes)}\n`)
      }
      if (progress.kind === 'evaluated' || progress.kind === 'answered') {
        const tenths = Math.floor((10 * progress.examples) / progress.of)
        const speed = progress.kind === 'answered' ? ` (${speedText(progress.perSecond)})` : ''
        if (tenths > evaluated) err.write(`${progress.kind} ${progress.examples} of ${progress.of}${speed}\n`)
        evaluated = tenths
      }
    },
  }
}

function barProgress(terminal: Terminal): ReturnType<typeof showProgress> {
  const { err } = terminal
  const bar = new TerminalBar(terminal, 24)
  let last = ''
  return {
    stop: () => bar.end(),
    onProgress: (progress) => {
      if (progress.kind === 'message') err.write(lineText(progress.text))
      if (progress.kind === 'epoch') {
        last = figuresText(progress)
        err.write(`${epochLine(progress)}\n`)
      }
      if (progress.kind === 'step') {
        const { epoch, epochs, step, stepsPerEpoch, loss } = progress.step
        const note = `epoch ${epoch + 1}/${epochs}${loss === undefined ? '' : `  loss ${loss.toFixed(3)}`}${last}`
        bar.draw(progress.who, { value: epoch * stepsPerEpoch + step, total: epochs * stepsPerEpoch, note })
      }
      if (progress.kind === 'evaluated')
        bar.draw('evaluating', {
          value: progress.examples,
          total: progress.of,
          note: String(progress.examples),
        })
      if (progress.kind === 'answered') {
        const { examples: value, of: total, perSecond } = progress
        bar.draw('asking the teacher', { value, total, note: speedText(perSecond) })
      }
      if (progress.kind === 'trained') {
        bar.end()
        last = ''
      }
      if (progress.kind === 'message' || progress.kind === 'epoch') bar.drawAgain()
    },
  }
}

function inMegabytes(bytes: number | undefined): string {
  return bytes === undefined || bytes === 0 ? '' : ` (${(bytes / 1e6).toFixed(1)} MB)`
}

/** About how many examples a teacher is asked in a second. */
export function speedText(perSecond: number): string {
  return `${perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond)} examples/s`
}

/** The figure that the last epoch ended with, to stand behind the loss. */
function figuresText({ metrics, task }: EpochProgress): string {
  const value = metrics.validation?.[task.monitor] ?? metrics.train.figures[task.monitor]
  if (value === undefined) return ''
  const name = metrics.validation === undefined ? 'train' : 'validation'
  return `  ${name} ${figureText(value, mainFigure(task))}`
}

/** One epoch in words and numbers. */
function epochLine({ who, epochs, metrics, task }: EpochProgress): string {
  const { epoch, train, validation, seconds } = metrics
  const figure = mainFigure(task)
  const values = [
    [`train`, train.figures[task.monitor]],
    [`validation`, validation?.[task.monitor]],
  ] as const
  const parts = [
    `loss ${train.loss.toFixed(4)}`,
    ...values.flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${figureText(value, figure)}`],
    ),
  ]
  return `${who} epoch ${epoch + 1}/${epochs}: ${parts.join(', ')} (${seconds.toFixed(1)} s)`
}

/** A share as per cent with two decimals. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
