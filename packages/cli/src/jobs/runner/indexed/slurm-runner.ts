import { join } from 'node:path'
import { writeFileSafely } from '../../../run/folder/write-file-safely.js'
import type { Runner } from '../runner.js'
import { kdCommand, shellQuoted } from './shell-command.js'
import { slurmScript } from './slurm-script.js'
import { submitIndex } from './submit-index.js'

/** The file that is given to `sbatch`. */
const SLURM_FILE = 'slurm.sh'
/** The folder of what tasks print. */
const LOGS = 'logs'

/** How a cluster does jobs. */
export interface SlurmRunnerOptions {
  /** How many at a time. @defaultValue 1 */
  readonly atOnce?: number
  /** The words that start `kd` on the cluster's machines. @defaultValue this Node and this `kd`, by their paths */
  readonly command?: readonly string[]
}

/**
 * Writes jobs down as an array for Slurm: `slurm.sh`, to be given to `sbatch`, and `jobs.json`, in which each task finds its
 * job. The cluster's machines have to see the workspace under the same path. `kd collect` merges what is done.
 *
 * @param options - see {@link SlurmRunnerOptions}
 * @returns a runner that gives `submitted` for every job
 */
export function slurmRunner({ atOnce = 1, command = kdCommand() }: SlurmRunnerOptions = {}): Runner {
  return {
    name: 'slurm',
    trusted: true,
    run: (jobs, context) =>
      submitIndex(jobs, context, async (index) => {
        const { folder } = context
        const path = join(folder, SLURM_FILE)
        const threads = Math.max(...jobs.map((job) => job.threads))
        const logs = join(folder, LOGS)
        await writeFileSafely(
          path,
          slurmScript({ tasks: jobs.length, atOnce, threads, command, index, logs }),
        )
        return `sbatch ${shellQuoted(path)}`
      }),
  }
}
