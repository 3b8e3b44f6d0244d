import { csv } from '../tables/csv.js'
import type { BiasVarianceReport } from './bias-variance-report.js'

/**
 * Writes bias and variance as comma-separated values (RFC 4180): one row per setting, seed and form of the loss, in full precision. A
 * name that a spreadsheet would run as a formula gets an apostrophe in front.
 *
 * @param report - as `kd analyse bias-variance` found it
 * @returns lines that end with CR LF, the first with the names of the columns
 */
export function biasVarianceCsv({ axes, splits, settings }: BiasVarianceReport): string {
  const head = [
    ...axes.map(({ name }) => name),
    'seed',
    'students',
    'form',
    'loss',
    'bias',
    'variance',
    'top1',
  ]
  const rows = settings.flatMap(({ labels, repeats }) =>
    repeats.flatMap(({ seed, students, found }) => {
      const done = students.filter(({ state }) => state === 'done').length
      return (['kullbackLeibler', 'squaredError'] as const).map((form) => [
        ...axes.map(({ name }) => labels[name]),
        seed,
        `${done} of ${splits}`,
        form,
        found?.[form].loss,
        found?.[form].bias,
        found?.[form].variance,
        found?.top1,
      ])
    }),
  )
  return csv([head, ...rows])
}
