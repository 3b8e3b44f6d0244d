import type { EngineName } from '@kd/core'
import type { AnswerSplit } from '../../run/answers/answer-manifest.js'
import { keepAnswers, type KeepAnswersResult } from '../../jobs/answers/keep-answers.js'
import { showProgress, speedText } from '../terminal/show-progress.js'
import { sizeOnDisk } from '../../jobs/size-on-disk.js'
import { table } from '../terminal/table.js'
import { withTeacherTimeout } from './command-options.js'
import type { CommandContext } from './command-context.js'
import { configAndOverrides } from './standard-arguments.js'
import { makeRunner } from './make-runner.js'
import type { RunnerFlags } from './runner-options.js'

/** Flags of `kd keep-answers`. */
export interface KeepAnswersFlags extends RunnerFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly force?: boolean
  readonly splits?: readonly AnswerSplit[]
  readonly dtype?: 'float32' | 'float16'
  readonly top?: number
  readonly shardRows?: number
  readonly workspace?: string
  readonly threads?: number
  readonly teacherTimeout?: number
}

/** `kd keep-answers [CONFIG] [key=value ...]`. */
export async function keepAnswersCommand(
  words: readonly string[],
  flags: KeepAnswersFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: KeepAnswersResult; exitCode: number }> {
  const { config, overrides } = configAndOverrides(words, 'kd.yaml')
  const isHere = flags.runner === 'local' && flags.jobs === 1
  const { runner: _, ...options } = flags
  const runner = isHere ? {} : { runner: await makeRunner(flags) }
  // This machine's number says nothing of others', and bits repeat with the same number only.
  const threads = flags.runner === 'local' || flags.threads !== undefined ? {} : { threads: 1 }
  const { onProgress, stop } = showProgress(terminal)
  try {
    const result = await keepAnswers(config, {
      ...options,
      ...threads,
      ...runner,
      overrides: withTeacherTimeout(overrides, flags),
      onProgress,
      signal,
    })
    return { text: answersText(result), json: result, exitCode: result.failed.length === 0 ? 0 : 1 }
  } finally {
    stop()
  }
}

function submittedText({ folder, failed }: Pick<KeepAnswersResult, 'folder' | 'failed'>): string {
  const lines = failed.map(({ name, message }) => `  ${name}: ${message.split('\n')[0]!}`)
  return [
    ...(failed.length === 0 ? [] : [`${failed.length} jobs have failed, and are submitted again:`, ...lines]),
    `submitted; the same command again, once that is done, goes on: ${folder}`,
  ].join('\n')
}

function answersText({ answers, examples, perSecond, ...result }: KeepAnswersResult): string {
  const time = `${result.engine} engine, ${result.seconds.toFixed(1)} s`
  if (result.ended === 'aborted')
    return `ended by you (${time}); the same command again goes on: ${result.folder}`
  if (result.ended === 'submitted') return submittedText(result)
  const speed = perSecond === undefined ? '' : `, ${speedText(perSecond)}`
  const rows = answers.map(({ folder, teacher, shards, bytes, ...one }) => [
    teacher,
    String(one.examples),
    String(shards),
    sizeOnDisk(bytes),
    folder,
  ])
  return [
    `asked about ${examples} examples of ${result.dataset} now, ${time}${speed}`,
    table(['teacher', 'examples', 'shards', 'size', 'teachers: [{ answers: ... }]'], rows),
  ].join('\n')
}
