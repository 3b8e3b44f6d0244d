import { InvalidArgumentError, Option, type Command } from 'commander'
import { engine, json, positive, teacherTimeout, wholeNumber, wordsOf } from './command-options.js'
import type { CommandContext, Show } from './command-context.js'
import type { CompareFlags } from './compare-command.js'
import { addRunnerOptions } from './runner-options.js'
import type { WorkerFlags } from './worker-command.js'

/** Adds `kd compare` to the command line, and the commands that do its runs elsewhere. */
export function addComparison(program: Command, context: CommandContext, show: Show): void {
  addCompare(program, context, show)
  addWorker(program, context, show)
  addCollect(program, context, show)
}

function addCompare(program: Command, context: CommandContext, show: Show): void {
  const command = program
    .command('compare')
    .description('run methods, data sets, seeds and values of any key against each other')
    .argument(
      '[config]',
      'YAML or JSON file: a base config and what to compare; otherwise compare.yaml in the working folder',
    )
    .argument(
      '[overrides...]',
      'key=value in place of values of the file, such as seeds=3 or base.training.epochs=5',
    )
    .addOption(engine())
    .option(
      '--out <folder>',
      'folder of the comparison, otherwise runs/<config>; what is done in it stays done',
    )
  addRunnerOptions(command)
    .option(
      '--threads <number>',
      "of each run; otherwise the machine's divided by --jobs, and 1 where other machines run it",
      wholeNumber,
    )
    .option('--budget', 'estimate time and disk before starting')
    .addOption(teacherTimeout())
    .addOption(json())
    .action(async (config: string | undefined, overrides: string[], flags: CompareFlags) => {
      const { compareCommand } = await import('./compare-command.js')
      show(await compareCommand(wordsOf(config, overrides), flags, context))
    })
}

function addWorker(program: Command, context: CommandContext, show: Show): void {
  program
    .command('worker')
    .description('do jobs of a queue until it is ended, or one job that a cluster asks for')
    .option('--queue <url>', 'redis://host:port of the queue; otherwise KD_QUEUE')
    .option('--jobs <number>', 'jobs of the queue at a time, a process each', wholeNumber, 1)
    .option(
      '--max-job-minutes <number>',
      'how long a job of the queue may take; one that takes longer is saved and fails',
      minutes,
      1440,
    )
    .option(
      '--max-job-gigabytes <number>',
      'how much memory it may take, on Linux; otherwise its share of nine tenths of the machine’s',
      positive,
    )
    .option('--workspace <folder>', 'where jobs of the queue read and write: they cannot leave it', '.')
    .addOption(new Option('--index <file>', 'jobs.json of --runner slurm or kubernetes').conflicts('queue'))
    .option(
      '--task <number>',
      'which job of --index, from 0; otherwise what Slurm or Kubernetes say',
      placeInList,
    )
    .addOption(json())
    .action(async (flags: WorkerFlags) => {
      const { workerCommand } = await import('./worker-command.js')
      show(await workerCommand(flags, context))
    })
}

function addCollect(program: Command, context: CommandContext, show: Show): void {
  program
    .command('collect')
    .description('write the tables of a comparison anew, of what a cluster or a queue has done so far')
    .argument('<folder>', 'of the comparison')
    .addOption(json())
    .action(async (folder: string) => {
      const { collectCommand } = await import('./collect-command.js')
      show(await collectCommand(folder, context))
    })
}

/** Reads a number of minutes, at most what a timer of Node can wait for. */
function minutes(text: string): number {
  const value = Number(text)
  if (text !== '' && value > 0 && value <= 30_000) return value
  throw new InvalidArgumentError('It must be a number above 0, and at most 30000.')
}

function placeInList(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 0.')
}
