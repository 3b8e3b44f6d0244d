import { shellQuoted } from './shell-command.js'

/** What a script for Slurm is made of. */
export interface SlurmScriptOptions {
  /** How many tasks. */
  readonly tasks: number
  /** How many of them at a time. */
  readonly atOnce: number
  /** Processors of each. */
  readonly threads: number
  /** The words that start `kd`. */
  readonly command: readonly string[]
  /** Path of the index, absolute. */
  readonly index: string
  /** Folder of what the tasks print, absolute. */
  readonly logs: string
}

/**
 * Writes a job array for Slurm. Nothing of a config stands in it, and of the rest only numbers outside of quotes.
 *
 * @param options - see {@link SlurmScriptOptions}
 * @returns a shell script for `sbatch`
 */
export function slurmScript({ tasks, atOnce, threads, command, index, logs }: SlurmScriptOptions): string {
  return `#!/bin/sh
#SBATCH --job-name=kd
#SBATCH --array=0-${tasks - 1}%${atOnce}
#SBATCH --cpus-per-task=${threads}
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
#SBATCH --output=/dev/null
# kd --runner slurm wrote this file. Partition, time, memory and so on are options of sbatch:
#   sbatch --time=4:00:00 slurm.sh
# Two minutes before the time is up, or when Slurm wants the machine, a task saves where it is; done again, it goes on.
set -eu
task=\${SLURM_ARRAY_TASK_ID:?is not set: give this file to sbatch}
mkdir -p ${shellQuoted(logs)}
exec >>${shellQuoted(logs)}/task-"$task".log 2>&1
exec ${command.map(shellQuoted).join(' ')} worker --index ${shellQuoted(index)} --task "$task"
`
}
