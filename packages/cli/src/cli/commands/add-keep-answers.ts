import { InvalidArgumentError, Option, type Command } from 'commander'
import {
  configHelp,
  engine,
  json,
  overridesHelp,
  teacherTimeout,
  wholeNumber,
  wordsOf,
} from './command-options.js'
import type { CommandContext, Show } from './command-context.js'
import type { KeepAnswersFlags } from './keep-answers-command.js'
import { addRunnerOptions } from './runner-options.js'

/** Adds `kd keep-answers` to the command line, and under its old name, which is not shown. */
export function addKeepAnswers(program: Command, context: CommandContext, show: Show): void {
  addNamed(program.command('keep-answers'), context, show)
  const old = addNamed(program.command('label', { hidden: true }), context, show)
  old.hook('preAction', () => {
    context.terminal.err.write('kd label is called kd keep-answers now; the old name works until 1.0\n')
  })
}

function addNamed(command: Command, context: CommandContext, show: Show): Command {
  command
    .description('ask the teachers of a config about its data once, for runs that then need no teacher')
    .argument('[config]', configHelp)
    .argument('[overrides...]', overridesHelp)
    .addOption(engine())
    .option(
      '--out <folder>',
      'folder of the answers, otherwise runs/<config>-answers; what is done in it stays done',
    )
    .option('--force', 'replace other answers in --out')
    .option(
      '--splits <names>',
      'train, validation, test or some of them, with commas (default: all there are)',
      splitNames,
    )
    .addOption(
      new Option('--dtype <name>', 'how logits are kept').choices(['float32', 'float16']).default('float32'),
    )
    .option(
      '--top <number>',
      'keep so many of the greatest logits, and one number for the others',
      wholeNumber,
    )
    .option('--shard-rows <examples>', 'examples of a file, a multiple of 250', wholeNumber)
  return addRunnerOptions(command)
    .option(
      '--threads <number>',
      "of each process; otherwise the machine's divided by --jobs, and 1 where other machines ask",
      wholeNumber,
    )
    .addOption(teacherTimeout())
    .addOption(json())
    .action(async (config: string | undefined, overrides: string[], flags: KeepAnswersFlags) => {
      const { keepAnswersCommand } = await import('./keep-answers-command.js')
      show(await keepAnswersCommand(wordsOf(config, overrides), flags, context))
    })
}

function splitNames(text: string): KeepAnswersFlags['splits'] {
  const names = text.split(',')
  const known = ['train', 'validation', 'test'] as const
  const found = known.filter((name) => names.includes(name))
  if (found.length === names.length) return found
  throw new InvalidArgumentError('They must be different ones of train, validation, test.')
}
