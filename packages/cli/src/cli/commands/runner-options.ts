import { Option, type Command } from 'commander'
import { wholeNumber } from './command-options.js'

/** Where jobs can be done. */
const RUNNERS = ['local', 'bullmq', 'slurm', 'kubernetes'] as const

/** Flags of every command that gives jobs to a runner. */
export interface RunnerFlags {
  readonly runner: (typeof RUNNERS)[number]
  /** How many jobs are done at a time. */
  readonly jobs: number
  readonly queue?: string
  readonly image?: string
  readonly claim?: string
}

/**
 * Adds the flags of `RunnerFlags` to a command that gives jobs to a runner.
 *
 * @param command - changed
 * @returns the same command
 */
export function addRunnerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--runner <name>', 'where jobs are done: here, or on more machines than one')
        .choices(RUNNERS)
        .default('local'),
    )
    .option(
      '--jobs <number>',
      'jobs at a time, a process each; workers of a queue have their own',
      wholeNumber,
      1,
    )
    .option('--workspace <folder>', 'folder that all machines share; otherwise --out, which lies in it')
    .option('--queue <url>', 'for bullmq: redis://host:port of the queue; otherwise KD_QUEUE')
    .option('--image <name>', 'for kubernetes: container image with kd in its path')
    .option(
      '--claim <name>',
      'for kubernetes: PersistentVolumeClaim of the workspace (default: kd-workspace)',
    )
}
