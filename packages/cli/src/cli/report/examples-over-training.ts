import { ThinnedSeries, type ReportedRun, type ShareOverTraining, type SpreadOverTraining } from '@kd/report'
import { titleOf } from '../../run/log/example-log.js'
import type { ReadLineOf } from '../../run/log/run-log.js'

/** The shares that a run writes are of the training examples on which its first teacher is wrong. */
const shareTitles: Readonly<Record<string, string>> = {
  studentSaysLabel: 'where the teacher is wrong, the student says the label',
  studentRepeatsTeachersMistake: 'where the teacher is wrong, the student says the same',
}

/** How many moments of a long training are kept: a report draws no more of them. */
const SPREADS = 100
const SHARES = 500

type SpreadMoment = SpreadOverTraining['moments'][number]
type ShareMoment = ShareOverTraining['moments'][number]

/** Puts lines that say what the method does to single examples together by what they are about. */
export class ExamplesOverTraining {
  readonly #spreads = new Map<string, ThinnedSeries<SpreadMoment>>()
  readonly #shares = new Map<string, ThinnedSeries<ShareMoment>>()

  /** Takes the next line. */
  add({ epoch, spreads, shares }: ReadLineOf<'examples'>): void {
    for (const [name, { mean, histogram }] of Object.entries(spreads)) {
      seriesOf(this.#spreads, titleOf(name), SPREADS).add({ epoch, mean, ...histogram })
    }
    for (const [name, share] of Object.entries(shares)) {
      seriesOf(this.#shares, shareTitles[name] ?? titleOf(name), SHARES).add({ epoch, share })
    }
  }

  /** What a report shows over the training. */
  get reported(): Pick<ReportedRun, 'spreads' | 'shares'> {
    return {
      ...(this.#spreads.size > 0 && { spreads: named(this.#spreads) }),
      ...(this.#shares.size > 0 && { shares: named(this.#shares) }),
    }
  }
}

function seriesOf<Moment>(
  byName: Map<string, ThinnedSeries<Moment>>,
  name: string,
  most: number,
): ThinnedSeries<Moment> {
  const series = byName.get(name) ?? new ThinnedSeries<Moment>(most)
  byName.set(name, series)
  return series
}

function named<Moment>(
  byName: ReadonlyMap<string, ThinnedSeries<Moment>>,
): { name: string; moments: Moment[] }[] {
  return [...byName].map(([name, { values }]) => ({ name, moments: values }))
}
