import { biasVarianceCsv, biasVarianceMarkdown, type BiasVarianceReport } from '@kd/report'
import { stringify } from 'csv-stringify/sync'
import { join } from 'node:path'
import { openFolder } from '../compare/open-folder.js'
import { writeFileSafely } from '../../run/folder/write-file-safely.js'
import type { MeasuredRepeat } from './measure-repeats.js'
import type { ReadBiasVariance } from './read-bias-variance.js'

/** Everything that an analysis writes. */
const contents = /^(bias-variance\.(json|md|csv)|examples\.csv|runs|teachers)(\.\d+\.tmp)?$/

/** The folder of an analysis of bias and variance. */
export class BiasVarianceFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Makes the folder, or takes up the one that is there.
   *
   * @param out - its path
   * @returns the folder
   * @throws {@link UsageError} when it holds anything else than an analysis
   */
  static async open(out: string): Promise<BiasVarianceFolder> {
    return new BiasVarianceFolder(await openFolder(out, contents, "an analysis's"))
  }

  /**
   * Writes what was found: as data, as tables, and for each test example.
   *
   * @param read - what was analysed
   * @param measured - in the same order
   * @returns what `bias-variance.json` holds
   */
  async write(read: ReadBiasVariance, measured: readonly MeasuredRepeat[]): Promise<BiasVarianceReport> {
    const report = reportOf(read, measured)
    const files = {
      'bias-variance.json': `${JSON.stringify(report, null, 2)}\n`,
      'bias-variance.md': biasVarianceMarkdown(report),
      'bias-variance.csv': biasVarianceCsv(report),
      'examples.csv': examplesCsv(read, measured),
    }
    for (const [name, text] of Object.entries(files)) await writeFileSafely(join(this.path, name), text)
    return report
  }
}

function reportOf(
  { name, axes, splits, seeds, baseline }: ReadBiasVariance,
  measured: readonly MeasuredRepeat[],
): BiasVarianceReport {
  const settings = new Map<string, BiasVarianceReport['settings'][number]>()
  for (const { planned, repeat } of measured) {
    const key = JSON.stringify(planned.labels)
    const { labels, repeats } = settings.get(key) ?? { labels: planned.labels, repeats: [] }
    settings.set(key, { labels, repeats: [...repeats, repeat] })
  }
  return {
    version: 1,
    name,
    axes: axes.map((axis) => ({ name: axis.name, labels: axis.values.map(({ label }) => label) })),
    splits,
    seeds,
    ...(baseline && { baseline }),
    settings: [...settings.values()],
  }
}

/** One row per setting, seed and test example. */
function examplesCsv({ axes }: ReadBiasVariance, measured: readonly MeasuredRepeat[]): string {
  const columns = ['loss', 'bias', 'variance'] as const
  const head = [
    ...axes.map(({ name }) => name),
    'seed',
    'id',
    'label',
    ...columns,
    ...columns.map((column) => `squared${column[0]!.toUpperCase()}${column.slice(1)}`),
  ]
  const rows = measured.flatMap(({ planned, examples }) => {
    if (examples === undefined) return []
    const { ids, labels, kullbackLeibler, squaredError } = examples
    return [...ids].map((id, row) => [
      ...axes.map(({ name }) => planned.labels[name]),
      planned.seed,
      id,
      labels[row],
      ...[kullbackLeibler, squaredError].flatMap((form) =>
        columns.map((column) => form.examples[column][row]),
      ),
    ])
  })
  return stringify([head, ...rows], { escape_formulas: true, record_delimiter: 'windows' })
}
