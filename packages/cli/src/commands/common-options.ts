import { Option } from 'commander'

/** What a command gives back: text for people, an object for programs. */
export interface CommandOutput {
  readonly text: string
  readonly json: object
  /** Other than 0 where some of the work failed. */
  readonly exitCode?: number
}

/** Takes what a command gives back. */
export type Show = (output: CommandOutput) => void

/** What overrides are, for the help of a command that takes them. */
export const overridesHelp: string = 'key=value in place of values of the config, such as training.epochs=5'

/** The flag of every command. */
export const json = (): Option =>
  new Option('--json', 'print one JSON object as the last line of standard output')

/** The flag of every command that computes. */
export const engine = (): Option => new Option('--engine <name>', 'what computes: kd list engines')
