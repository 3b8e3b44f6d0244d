import { comparisonCsv, comparisonLatex, comparisonMarkdown, type Comparison } from '@kd/report'
import { join } from 'node:path'
import { writeFileSafely } from '../../run/folder/write-file-safely.js'
import { openFolder } from './open-folder.js'

/** Everything that a comparison and its runners write; `report.html` is what kd report adds. */
const contents =
  /^(comparison\.(json|md|tex|csv)|report\.html|runs|teachers|jobs\.json|slurm\.sh|kubernetes\.yaml|logs|failures)(\.\d+\.tmp)?$/

/** The folder of a comparison. */
export class ComparisonFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Makes the folder, or takes up the one that is there.
   *
   * @param out - its path
   * @returns the folder
   * @throws {@link UsageError} when it holds anything else than a comparison
   */
  static async open(out: string): Promise<ComparisonFolder> {
    return new ComparisonFolder(await openFolder(out, contents, "a comparison's"))
  }

  /** Writes what was found, and its tables. */
  async write(comparison: Comparison): Promise<void> {
    const files = {
      'comparison.json': `${JSON.stringify(comparison, null, 2)}\n`,
      'comparison.md': comparisonMarkdown(comparison),
      'comparison.tex': comparisonLatex(comparison),
      'comparison.csv': comparisonCsv(comparison),
    }
    for (const [name, text] of Object.entries(files)) await writeFileSafely(join(this.path, name), text)
  }
}
