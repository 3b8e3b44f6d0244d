import type { EngineName } from '@kd/core'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runDistillation, runTraining } from '../../run/run-distillation.js'
import type { RunOptions } from '../../run/run-options.js'
import type { RunResult } from '../../run/log/run-result.js'
import { commandName } from '../terminal/terminal.js'
import { showProgress } from '../terminal/show-progress.js'
import { resultText } from '../terminal/show-result.js'
import { shownPath } from '../terminal/shown-path.js'
import { withTeacherTimeout } from './command-options.js'
import type { CommandContext } from './command-context.js'
import { configAndOverrides } from './standard-arguments.js'

/** Flags of `kd distill` and `kd train`. */
export interface RunFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly force?: boolean
  readonly resume?: boolean
  readonly checkpointSeconds?: number
  readonly teacherTimeout?: number
}

/** `kd distill [CONFIG] [key=value ...]` and `kd train [CONFIG] [key=value ...]`. */
export async function runCommand(
  kind: 'distill' | 'train',
  words: readonly string[],
  flags: RunFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: RunResult }> {
  const { config, overrides } = configAndOverrides(words, 'kd.yaml')
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
    const next = result.ended === 'aborted' ? goOn(kind, result) : nextSteps(config, result)
    return { text: `${resultText(result)}\n${next}`, json: result }
  } finally {
    stop()
  }
}

/** How to go on with a run that was interrupted; its config.yaml holds overrides and engine as well. */
function goOn(kind: 'distill' | 'train', { folder }: RunResult): string {
  const command = `${commandName(process.env)} ${kind}`
  return `go on with: ${command} ${quoted(join(folder, 'config.yaml'))} --out ${quoted(folder)} --resume`
}

/** What to do with a run that has ended: commands that can be typed as they stand. */
function nextSteps(config: string, { folder }: RunResult): string {
  const path = quoted(shownPath(folder))
  const comparison = join(dirname(config), 'compare.yaml')
  const steps = [
    [`report ${path}`, 'draws it, as one HTML file'],
    [`evaluate ${path}`, 'tests the student again, or on other data'],
    ...(existsSync(comparison)
      ? [[`compare ${quoted(shownPath(comparison))}`, 'sets methods against each other over seeds']]
      : []),
  ] as const
  const width = Math.max(...steps.map(([command]) => command.length))
  const lines = steps.map(
    ([command, what]) => `  ${commandName(process.env)} ${command.padEnd(width)}  ${what}`,
  )
  return `\nnext:\n${lines.join('\n')}`
}

/** Writes a word as a shell reads it. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
