import { Argument, Command, CommanderError, Option } from 'commander'
import {
  configHelp,
  engine,
  json,
  notNegative,
  overridesHelp,
  teacherTimeout,
  wholeNumber,
  wordsOf,
} from './commands/command-options.js'
import { addAnalyse } from './commands/add-analyse.js'
import { addComparison } from './commands/add-comparison.js'
import { addDemo } from './commands/add-demo.js'
import { addExport } from './commands/add-export.js'
import { addKeepAnswers } from './commands/add-keep-answers.js'
import { addWatch } from './commands/add-watch.js'
import type { CommandContext, Show } from './commands/command-context.js'
import type { EvaluateFlags } from './commands/evaluate-command.js'
import type { Listable } from './commands/list-command.js'
import type { RunFlags } from './commands/run-command.js'
import type { ReportFlags } from './commands/report-command.js'
import type { SelectFlags } from './commands/select-command.js'
import { helpExamples } from './help-examples.js'
import { reportError } from './report-error.js'
import { guardedJson } from './terminal/guarded-text.js'
import { version } from '../run/origin/version.js'

/**
 * Runs one command line.
 *
 * @param words - behind `kd`
 * @param context - the terminal, and the signal of Ctrl-C
 * @returns the exit code: 0 done, 1 failed, 2 bad usage or config
 */
export async function runCommandLine(words: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context
  // Errors in the command line itself come before commander knows its flags.
  const wantsJson = words.includes('--json')
  let exitCode = 0
  const program = commandTree(context, (output) => {
    exitCode = output.exitCode ?? 0
    terminal.out.write(wantsJson ? `${guardedJson(output.json)}\n` : `${output.text}\n`)
  })
  try {
    await program.parseAsync([...words], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0
      if (wantsJson) terminal.out.write(`${guardedJson({ error: error.message, exitCode: 2 })}\n`)
      return 2
    }
    return await reportError(error, terminal, wantsJson)
  }
}

function commandTree(context: CommandContext, show: Show): Command {
  const { terminal } = context
  const program = new Command('kd')
    .description('Knowledge distillation from a config file')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
    })
    .addHelpText('after', helpExamples)
    .showHelpAfterError('--help says how; values of a config are typed without dashes: training.epochs=5')
  addRunCommands(program, context, show)
  addComparison(program, context, show)
  addEvaluate(program, context, show)
  addExport(program, context, show)
  addDemo(program, context, show)
  addSelect(program, context, show)
  addAnalyse(program, context, show)
  addKeepAnswers(program, context, show)
  addReport(program, show)
  addWatch(program, context, show)
  addList(program, show)
  addInit(program, show)
  addDoctor(program, show)
  return program
}

const checkpointEvery = (): Option =>
  new Option(
    '--checkpoint-seconds <seconds>',
    'at most so long without a checkpoint; 0: one after each step (default: 60)',
  ).argParser(notNegative)

function addRunCommands(program: Command, context: CommandContext, show: Show): void {
  const descriptions = {
    distill: 'train the student of a config under its teachers',
    train: 'train the student of a config with its labels alone',
  }
  for (const kind of ['distill', 'train'] as const) {
    const command = program
      .command(kind)
      .description(descriptions[kind])
      .argument('[config]', configHelp)
      .argument('[overrides...]', overridesHelp)
      .addOption(engine())
      .option('--out <folder>', 'folder of the run; otherwise a new one under runs/')
      .option('--resume', 'go on with the run in --out where it was interrupted')
      .addOption(new Option('--force', 'replace the run in --out').conflicts('resume'))
      .addOption(checkpointEvery())
    // Nobody teaches in kd train.
    if (kind === 'distill') command.addOption(teacherTimeout())
    command
      .addOption(json())
      .action(async (config: string | undefined, overrides: string[], flags: RunFlags) => {
        const { runCommand } = await import('./commands/run-command.js')
        show(await runCommand(kind, wordsOf(config, overrides), flags, context))
      })
  }
}

function addEvaluate(program: Command, context: CommandContext, show: Show): void {
  program
    .command('evaluate')
    .description('measure the student of a run, or the model of a config that has student.weights')
    .argument(
      '[run-or-config]',
      'folder of a run, or YAML or JSON file; otherwise the newest run under runs/',
    )
    .argument('[overrides...]', overridesHelp)
    .addOption(
      new Option('--split <name>', 'which examples').choices(['train', 'validation', 'test']).default('test'),
    )
    .option('--limit <examples>', 'look at so many only, classes in their shares', wholeNumber)
    .option('--latency', 'measure parameters, multiply-adds and latency of student and teachers too')
    .addOption(engine())
    .addOption(teacherTimeout())
    .addOption(json())
    .action(async (source: string | undefined, overrides: string[], flags: EvaluateFlags) => {
      const { evaluateCommand } = await import('./commands/evaluate-command.js')
      show(await evaluateCommand(wordsOf(source, overrides), flags, context))
    })
}

function addSelect(program: Command, context: CommandContext, show: Show): void {
  program
    .command('select')
    .description('score the training examples by method.selection, and show the best and the worst')
    .argument('[config]', configHelp)
    .argument('[overrides...]', overridesHelp)
    .addOption(engine())
    .option('--out <folder>', 'folder of the files; otherwise a new one under runs/')
    .option('--force', 'replace the files in --out')
    .addOption(json())
    .action(async (config: string | undefined, overrides: string[], flags: SelectFlags) => {
      const { selectCommand } = await import('./commands/select-command.js')
      show(await selectCommand(wordsOf(config, overrides), flags, context))
    })
}

function addReport(program: Command, show: Show): void {
  program
    .command('report')
    .description('make one HTML file of runs, or of a comparison')
    .argument('[folders...]', 'folders of runs, or of one comparison; otherwise the newest under runs/')
    .option('--out <file>', 'the file; otherwise report.html in the first folder')
    .addOption(json())
    .action(async (folders: string[], flags: ReportFlags) => {
      const { reportCommand } = await import('./commands/report-command.js')
      show(await reportCommand(folders, flags))
    })
}

function addList(program: Command, show: Show): void {
  program
    .command('list')
    .description('list what a config can name')
    .addArgument(
      new Argument('<what>', 'what to list').choices([
        'methods',
        'models',
        'datasets',
        'tasks',
        'teachers',
        'engines',
      ] satisfies Listable[]),
    )
    .argument('[name]', 'one of them: show its options with their defaults')
    .option('--plugin <file>', 'list what a plugin brings as well; this runs the file')
    .addOption(json())
    .action(async (what: Listable, name: string | undefined, flags: { plugin?: string }) => {
      const { listCommand } = await import('./commands/list-command.js')
      show(await listCommand(what, name, flags))
    })
}

function addInit(program: Command, show: Show): void {
  program
    .command('init')
    .description('write a config and a comparison with comments that work at once')
    .argument('[folder]', 'where', '.')
    .addOption(json())
    .action(async (folder: string) => {
      const { initCommand } = await import('./commands/init-command.js')
      show(await initCommand(folder))
    })
}

function addDoctor(program: Command, show: Show): void {
  program
    .command('doctor')
    .description('say what works on this machine, and why the rest does not')
    .addOption(json())
    .action(async () => {
      const { doctorCommand } = await import('./commands/doctor-command.js')
      show(await doctorCommand())
    })
}
