import type { Command } from 'commander'
import type { EngineName } from '@kd/core'
import type { CommandContext, Show } from './command-context.js'
import { engine, json, overridesHelp } from './command-options.js'

/** Adds `kd demo`. */
export function addDemo(program: Command, { terminal }: CommandContext, show: Show): void {
  program
    .command('demo')
    .description(
      'write a page that shows the student of a run beside its teacher, and works without a network',
    )
    .argument('<run>', 'folder of a run')
    .argument('[overrides...]', overridesHelp)
    .option('--out <folder>', 'folder of the page; otherwise RUN-demo')
    .option('--force', 'replace the page in --out')
    .addOption(engine())
    .addOption(json())
    .action(
      async (
        run: string,
        overrides: string[],
        flags: { out?: string; force?: boolean; engine?: EngineName },
      ) => {
        const { writeDemo } = await import('../../run/demo/write-demo.js')
        const { showProgress } = await import('../terminal/show-progress.js')
        const { onProgress, stop } = showProgress(terminal)
        const result = await writeDemo(run, { ...flags, overrides, onProgress }).finally(stop)
        show({ text: `wrote ${result.page}, which shows ${result.models.join(' and ')}`, json: result })
      },
    )
}
