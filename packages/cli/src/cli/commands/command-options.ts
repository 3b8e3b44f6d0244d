import type { EngineName } from '@kd/core'
import { InvalidArgumentError, Option } from 'commander'

// What several commands have in common.

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

/** Reads a whole number from 1. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1.')
}

/** Reads a number from 0. */
export function notNegative(text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0 && value < Infinity) return value
  throw new InvalidArgumentError('It must be a number from 0.')
}
