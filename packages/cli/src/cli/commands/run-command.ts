import type { EngineName } from '@kd/core'
import { join } from 'node:path'
import { runDistillation, runTraining } from '../../run/run-distillation.js'
import type { RunOptions } from '../../run/run-options.js'
import type { RunResult } from '../../run/log/run-result.js'
import { commandName } from '../terminal/terminal.js'
import { showProgress } from '../terminal/show-progress.js'
import { resultText } from '../terminal/show-result.js'
import { withTeacherTimeout } from './command-options.js'
import type { CommandContext } from './command-context.js'

/** Flags of `kd distill` and `kd train`. */
export interface RunFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly force?: boolean
  readonly resume?: boolean
  readonly checkpointSeconds?: number
  readonly teacherTimeout?: number
}

/** `kd distill CONFIG [key=value ...]` and `kd train CONFIG [key=value ...]`. */
export async function runCommand(
  kind: 'distill' | 'train',
  config: string,
  overrides: readonly string[],
  flags: RunFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: RunResult }> {
  const { onProgress, stop } = showProgress(terminal)
  const options: RunOptions = {
    ...flags,
    overrides: withTeacherTimeout(overrides, flags),
    onProgress,
    signal,
  }
  try {
    const result = await (kind === 'distill'
      ? runDistillation(config, options)
      : runTraining(config, options))
    return { text: `${resultText(result)}${goOn(kind, result)}`, json: result }
  } finally {
    stop()
  }
}

/** How to go on with a run that was interrupted; its config.yaml holds overrides and engine as well. */
function goOn(kind: 'distill' | 'train', { ended, folder }: RunResult): string {
  if (ended !== 'aborted') return ''
  const command = `${commandName(process.env)} ${kind}`
  return `\ngo on with: ${command} ${quoted(join(folder, 'config.yaml'))} --out ${quoted(folder)} --resume`
}

/** Writes a word as a shell reads it. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
