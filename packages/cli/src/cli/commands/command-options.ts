import type { EngineName } from '@kd/core'
import { InvalidArgumentError, Option } from 'commander'

// What several commands have in common.

export const configHelp = 'YAML or JSON file; otherwise kd.yaml in the working folder'
export const overridesHelp = 'key=value in place of values of the config, such as training.epochs=5'
export const json = (): Option =>
  new Option('--json', 'print one JSON object as the last line of standard output')
// A list of its own: @kd/core is loaded by commands that compute, and not for kd --help.
export const engine = (): Option =>
  new Option('--engine <name>', 'what computes; kd doctor says which load').choices([
    'node-gpu',
    'native',
    'node',
    'wasm',
    'cpu',
    'webgpu',
  ] satisfies EngineName[])

export const teacherTimeout = (): Option =>
  new Option(
    '--teacher-timeout <seconds>',
    'how long a teacher may take for one answer, in place of the config’s teacherTimeout',
  ).argParser(positive)

/**
 * The overrides of a command with what its flags say of the config, which counts more.
 *
 * @param overrides - as typed
 * @param flags - of the command
 * @param base - what stands before keys of the config, `base.` in a comparison
 */
export function withTeacherTimeout(
  overrides: readonly string[],
  { teacherTimeout: seconds }: { readonly teacherTimeout?: number },
  base = '',
): readonly string[] {
  return seconds === undefined ? overrides : [...overrides, `${base}teacherTimeout=${seconds}`]
}

/** The words behind a command that begin with a config or, where none is named, with an override. */
export function wordsOf(first: string | undefined, others: readonly string[]): readonly string[] {
  return first === undefined ? others : [first, ...others]
}

/** Reads a whole number from 1. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1.')
}

/** Reads a number above 0. */
export function positive(text: string): number {
  const value = Number(text)
  if (text !== '' && value > 0 && value < Infinity) return value
  throw new InvalidArgumentError('It must be a number above 0.')
}

/** Reads a number from 0. */
export function notNegative(text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0 && value < Infinity) return value
  throw new InvalidArgumentError('It must be a number from 0.')
}
