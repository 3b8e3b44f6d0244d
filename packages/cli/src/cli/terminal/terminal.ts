import pc from 'picocolors'

/** Where a command writes and what it may ask for. */
export interface Terminal {
  /** Results. */
  readonly out: NodeJS.WritableStream & {
    readonly isTTY?: boolean
    readonly columns?: number
    readonly rows?: number
  }
  /** Progress, messages and errors. */
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean }
  /** Colours for `err`, off when it is no terminal or NO_COLOR is set. */
  readonly colors: ReturnType<typeof pc.createColors>
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout: out, stderr: err, env } = process
  const asked = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const colored = (env['NO_COLOR'] ?? '') === '' && (err.isTTY || asked)
  return { out, err, colors: pc.createColors(colored) }
}

/**
 * How this command was called, for hints that can be typed as they stand: installed in a project it is not in the shell's path.
 *
 * @param env - variables of the process; npx sets npm_command
 */
export function commandName(env: Readonly<Record<string, string | undefined>>): string {
  return env['npm_command'] === 'exec' ? 'npx kd' : 'kd'
}
