import { Option, type Command } from 'commander'
import type { CommandContext, Show } from './command-context.js'
import { engine, json, overridesHelp, wholeNumber } from './command-options.js'
import type { ExportFlags } from './export-command.js'

/** Adds `kd export`. */
export function addExport(program: Command, context: CommandContext, show: Show): void {
  program
    .command('export')
    .description('write the student of a run in other formats, and compare each with the student')
    .argument('<run>', 'folder of a run')
    .argument('[overrides...]', overridesHelp)
    .addOption(
      new Option('--to <formats...>', 'one or several: onnx, tfjs, safetensors').makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--weights <kinds...>',
        'one or several: float32, float16, int8 (not safetensors), int8-static (onnx only: computes in integers)',
      ).default(['float32'], 'float32'),
    )
    .option('--out <folder>', 'gets a folder for each; otherwise RUN-export')
    .option('--force', 'replace exports that are there')
    .option(
      '--calibration <examples>',
      'training examples that show int8-static which values occur',
      wholeNumber,
      256,
    )
    .addOption(engine())
    .addOption(json())
    .action(async (run: string, overrides: string[], flags: ExportFlags) => {
      const { exportCommand } = await import('./export-command.js')
      show(await exportCommand(run, overrides, flags, context))
    })
}
