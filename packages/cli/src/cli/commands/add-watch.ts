import { InvalidArgumentError, type Command } from 'commander'
import { json } from './command-options.js'
import type { CommandContext, Show } from './command-context.js'
import type { WatchFlags } from './watch-command.js'

/** Adds `kd watch` to the command line. */
export function addWatch(program: Command, context: CommandContext, show: Show): void {
  program
    .command('watch')
    .description('show a run or a comparison while it goes on, in the terminal or a browser')
    .argument('[folder]', 'of a run, of a comparison, or of several of these', 'runs')
    .option('--browser', 'show the report in browsers of this machine as well')
    .option('--port <number>', 'for browsers; otherwise any that is free', portNumber)
    .option('--stay', 'go on when all runs have ended')
    .addOption(json())
    .action(async (folder: string, flags: WatchFlags) => {
      const { watchCommand } = await import('./watch-command.js')
      show(await watchCommand(folder, flags, context))
    })
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65536) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.')
}
