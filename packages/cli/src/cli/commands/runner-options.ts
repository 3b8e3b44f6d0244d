import { Option, type Command } from 'commander'
import { wholeNumber } from './command-options.js'
import type { RunnerChoice } from '../../jobs/runner/make-runner.js'

/**
 * Adds the flags of `RunnerChoice` to a command that gives jobs to a runner.
 *
 * @param command - changed
 * @returns the same command
 */
export function addRunnerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--runner <name>', 'where jobs are done: here, or on more machines than one')
        .choices(['local', 'bullmq', 'slurm', 'kubernetes'] satisfies RunnerChoice['runner'][])
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
