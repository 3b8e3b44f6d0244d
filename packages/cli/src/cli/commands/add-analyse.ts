import type { Command } from 'commander'
import { engine, json, overridesHelp, wholeNumber, wordsOf } from './command-options.js'
import type { BiasVarianceFlags } from './analyse-command.js'
import type { CommandContext, Show } from './command-context.js'

/** Adds `kd analyse` to the command line. */
export function addAnalyse(program: Command, context: CommandContext, show: Show): void {
  program
    .command('analyse')
    .description('find out why methods do what they do')
    .command('bias-variance')
    .description('take the loss of students of disjoint parts of the training set apart')
    .argument(
      '[config]',
      'YAML or JSON file: a comparison, with splits, or the config of one run; otherwise kd.yaml in the working folder',
    )
    .argument('[overrides...]', overridesHelp)
    .option('--splits <number>', 'parts of the training set, a student each', wholeNumber)
    .option('--seeds <number>', 'so many divisions into parts', wholeNumber)
    .addOption(engine())
    .option('--out <folder>', 'otherwise runs/<config>-bias-variance; students done in it stay done')
    .option('--jobs <number>', 'students at a time, a process each', wholeNumber, 1)
    .option('--threads <number>', "of each run; otherwise the machine's divided by --jobs", wholeNumber)
    .addOption(json())
    .action(async (config: string | undefined, overrides: string[], flags: BiasVarianceFlags) => {
      const { biasVarianceCommand } = await import('./analyse-command.js')
      show(await biasVarianceCommand(wordsOf(config, overrides), flags, context))
    })
}
