import type { ReportedRun, ShareOverTraining, SpreadOverTraining } from '@kd/report'
import { titleOf } from '../../run/log/example-log.js'
import type { ReadLine } from '../../run/log/run-log.js'

/** The shares that a run writes are of the training examples on which its first teacher is wrong. */
const shareTitles: Readonly<Record<string, string>> = {
  studentSaysLabel: 'where the teacher is wrong, the student says the label',
  studentRepeatsTeachersMistake: 'where the teacher is wrong, the student says the same',
}

/**
 * Puts lines that say what the method does to single examples together by what they are about.
 *
 * @param lines - of a run, in order
 * @returns what a report shows over the training
 */
export function examplesOverTraining(lines: readonly ReadLine[]): Pick<ReportedRun, 'spreads' | 'shares'> {
  const spreadsByName = new Map<string, SpreadOverTraining['moments'][number][]>()
  const sharesByName = new Map<string, ShareOverTraining['moments'][number][]>()
  for (const line of lines) {
    if (line.kind !== 'examples') continue
    const { epoch, spreads, shares } = line
    for (const [name, { mean, histogram }] of Object.entries(spreads)) {
      add(spreadsByName, titleOf(name), { epoch, mean, ...histogram })
    }
    for (const [name, share] of Object.entries(shares)) {
      add(sharesByName, shareTitles[name] ?? titleOf(name), { epoch, share })
    }
  }
  return {
    ...(spreadsByName.size > 0 && { spreads: named(spreadsByName) }),
    ...(sharesByName.size > 0 && { shares: named(sharesByName) }),
  }
}

function add<Moment>(byName: Map<string, Moment[]>, name: string, moment: Moment): void {
  byName.set(name, [...(byName.get(name) ?? []), moment])
}

function named<Moment>(byName: ReadonlyMap<string, Moment[]>): { name: string; moments: Moment[] }[] {
  return [...byName].map(([name, moments]) => ({ name, moments }))
}
