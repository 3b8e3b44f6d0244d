import { InvalidArgumentError, Option, type Command } from 'commander'
import { engine, json, overridesHelp, wholeNumber } from './command-options.js'
import type { CommandContext, Show } from './command-context.js'
import type { KeepAnswersFlags } from './keep-answers-command.js'
import { addRunnerOptions } from './runner-options.js'

/** Adds `kd label` to the command line. */
export function addKeepAnswers(program: Command, context: CommandContext, show: Show): void {
  const command = program
    .command('label')
    .description('let the teachers of a config label its data once, for runs that then need no teacher')
    .argument('<config>', 'YAML or JSON file')
    .argument('[overrides...]', overridesHelp)
    .addOption(engine())
    .option(
      '--out <folder>',
      'folder of the labels, otherwise runs/<config>-labels; what is done in it stays done',
    )
    .option('--force', 'replace other labels in --out')
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
  addRunnerOptions(command)
    .option(
      '--threads <number>',
      "of each process; otherwise the machine's divided by --jobs, and 1 where other machines label",
      wholeNumber,
    )
    .addOption(json())
    .action(async (config: string, overrides: string[], flags: KeepAnswersFlags) => {
      const { keepAnswersCommand } = await import('./keep-answers-command.js')
      show(await keepAnswersCommand(config, overrides, flags, context))
    })
}

function splitNames(text: string): KeepAnswersFlags['splits'] {
  const names = text.split(',')
  const known = ['train', 'validation', 'test'] as const
  const found = known.filter((name) => names.includes(name))
  if (found.length === names.length) return found
  throw new InvalidArgumentError('They must be different ones of train, validation, test.')
}
