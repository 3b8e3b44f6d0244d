import type { Terminal } from '../terminal/terminal.js'

/** What every command gets. */
export interface CommandContext {
  readonly terminal: Terminal
  /** This is set off by the first Ctrl-C. */
  readonly signal: AbortSignal
}

/** What a command gives back: text for people, an object for programs. */
interface CommandOutput {
  readonly text: string
  readonly json: object
  /** Other than 0 where some of the work failed. */
  readonly exitCode?: number
}

/** Takes what a command gives back. */
export type Show = (output: CommandOutput) => void
