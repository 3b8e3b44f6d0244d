import { KdError } from '@kd/core'

/** One thing that is wrong with a config. */
export interface ConfigProblem {
  /** `FILE:LINE:COLUMN`, or the override that was given. */
  readonly where: string
  readonly message: string
}

/** Lines of a message, and characters of a line: of a text that is no config at all, every word is a problem. */
const LINES = 30
const CHARACTERS = 500

/** A config that cannot be run: every problem found, one per line; of very many the first. */
export class ConfigError extends KdError {
  readonly problems: readonly ConfigProblem[]

  /** @param problems - at least one */
  constructor(problems: readonly ConfigProblem[]) {
    // A key with a line end in it would look like two problems.
    const lines = problems
      .slice(0, LINES)
      .map(({ where, message }) => short(`${short(where)}: ${message}`.replaceAll('\n', '\\n')))
    if (problems.length > LINES) lines.push(`and ${problems.length - LINES} more problems`)
    super(lines.join('\n'))
    this.problems = problems
  }
}

function short(text: string): string {
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS - 3)}...` : text
}
