import type { ReportedRun, ShareOverTraining, SpreadOverTraining } from '@kd/report'
import type { ReadLine } from '../../run/log/run-log.js'

/**
 * Puts lines that say what the method made of single examples together by what they are about.
 *
 * @param lines - of a run, in order
 * @returns what a report shows over the training
 */
export function examplesOverTraining(lines: readonly ReadLine[]): Pick<ReportedRun, 'spreads' | 'shares'> {
  const spreadsByName = new Map<string, SpreadOverTraining['moments'][number][]>()
  const sharesByName = new Map<string, ShareOverTraining['moments'][number][]>()
  for (const found of lines) {
    if (found.kind === 'epoch' || found.kind === 'result') continue
    const { epoch } = found
    const ofLine =
      found.kind === 'mixing'
        ? Object.entries(found.weights).map(([term, of]) => [`weight of ${term}`, of] as const)
        : Object.entries(found.spreads)
    for (const [name, { mean, histogram }] of ofLine) add(spreadsByName, name, { epoch, mean, ...histogram })
    if (found.kind !== 'examples') continue
    for (const [name, value] of Object.entries(found.shares)) add(sharesByName, name, { epoch, share: value })
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
