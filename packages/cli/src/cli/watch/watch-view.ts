import { figureText } from '@kd/report'
import type { ReportedEpoch } from '@kd/report'
import { createLogUpdate } from 'log-update'
import { lineText } from '../terminal/guarded-text.js'
import type { Screen, Terminal } from '../terminal/terminal.js'
import { watchText } from './watch-text.js'
import type { Watched, WatchedRun } from './watched-run.js'

/** Shows what is watched. */
export interface WatchView {
  readonly show: (watched: Watched) => void
  /** Leaves the last of it where it is. */
  readonly stop: () => void
}

/**
 * Shows what is watched: in place on a terminal, one plain line per epoch elsewhere.
 *
 * @param terminal - whose standard output is written to
 * @param inPlace - whether it is a terminal that nothing else is written to
 */
export function watchView({ out, screens }: Pick<Terminal, 'out' | 'screens'>, inPlace: boolean): WatchView {
  return inPlace ? placeView(screens.out) : lineView(out)
}

function placeView(out: Screen): WatchView {
  const update = createLogUpdate(out, { showCursor: true })
  let last = ''
  return {
    show: (watched) => {
      const { columns = 80, rows = 24 } = out
      last = watchText(watched, { columns, rows })
      update(last)
    },
    stop: () => {
      // Whatever the keyboard left below it, such as ^C, goes with the old one.
      update.clear()
      update(last)
      update.done()
    },
  }
}

function lineView(out: Terminal['out']): WatchView {
  const said = new Map<string, { epoch: number; state: string }>()
  let isWaiting = false
  const say = (line: string): void => {
    out.write(lineText(line))
  }
  return {
    stop: () => undefined,
    show: ({ title, runs }) => {
      if (runs.length === 0 && !isWaiting) say(`${title}: waiting for a run`)
      isWaiting = runs.length === 0
      for (const run of runs) {
        const before = said.get(run.name) ?? { epoch: 0, state: 'waiting' }
        // A run that goes on from an earlier epoch says those again that it takes again.
        for (const epoch of knownEpochs(run))
          if (epoch.epoch > Math.min(before.epoch, run.done)) say(epochLine(run, epoch))
        if (run.state !== before.state) say(stateLine(run))
        said.set(run.name, { epoch: run.done, state: run.state })
      }
    },
  }
}

/** All epochs that are known; of a long training those in the middle are only some. */
function knownEpochs({ written, newest }: WatchedRun): ReportedEpoch[] {
  const first = newest[0]?.epoch ?? 1
  return [...(written?.epochs ?? []).filter(({ epoch }) => epoch < first), ...newest]
}

function epochLine(
  { name, epochs, written }: WatchedRun,
  { epoch, train, validation, seconds }: ReportedEpoch,
): string {
  const of = epochs === undefined ? '' : `/${epochs}`
  const words = [
    `loss ${train.loss.toFixed(4)}`,
    ...(train.figure === undefined ? [] : [`train ${figureText(train.figure, written?.figure)}`]),
    ...(validation === undefined ? [] : [`validation ${figureText(validation.figure, written?.figure)}`]),
  ]
  return `${name} epoch ${epoch}${of}: ${words.join(', ')} (${seconds.toFixed(1)} s)`
}

function stateLine({ name, state, message, written }: WatchedRun): string {
  const test = written?.result?.last?.test
  const why = message === undefined ? '' : `: ${message.split('\n')[0]!}`
  return `${name}: ${state}${why}${test === undefined ? '' : `, test ${figureText(test, written?.figure)}`}`
}
