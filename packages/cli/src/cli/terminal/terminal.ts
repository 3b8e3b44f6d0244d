import pc from 'picocolors'
import { guardedText } from './guarded-text.js'

/** A stream for text. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** Where a command writes and what it may ask for. */
export interface Terminal {
  /** Results. */
  readonly out: TextStream
  /** Progress, messages and errors. */
  readonly err: TextStream
  /** The same two for what is drawn in place by moving the cursor. Whatever is drawn must have gone through `guardedText`. */
  readonly screens: { readonly out: Screen; readonly err: Screen }
  /** What is drawn in place at the moment, such as a bar. It is taken away before a text is written, which would run into it. */
  readonly drawn: { clear: () => void }
  /** Empties the line of the cursor: takes away what is drawn there, and the ^C that the keyboard left. */
  readonly clearLine: () => void
  /** Colours for `err`, off when it is no terminal or NO_COLOR is set. */
  readonly colors: ReturnType<typeof pc.createColors>
}

/** A stream on which the cursor may be moved. */
export type Screen = NodeJS.WritableStream & Pick<TextStream, 'isTTY' | 'columns' | 'rows'>

/**
 * Makes the terminal of a process, the one place that writes to it: control sequences that stand in a text do not pass.
 *
 * @param streams - a process, or what stands for one
 */
export function terminalOf({
  stdout: out,
  stderr: err,
  env,
}: {
  readonly stdout: Screen
  readonly stderr: Screen
  readonly env: Readonly<Record<string, string | undefined>>
}): Terminal {
  const asked = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const colored = (env['NO_COLOR'] ?? '') === '' && (err.isTTY === true || asked)
  const drawn = { clear: (): void => undefined }
  return {
    out: guarded(out, drawn),
    err: guarded(err, drawn),
    screens: { out, err },
    drawn,
    clearLine: () => {
      drawn.clear()
      if (err.isTTY === true) err.write('\r\u001b[2K')
    },
    colors: pc.createColors(colored),
  }
}

function guarded(stream: Screen, drawn: Terminal['drawn']): TextStream {
  return {
    write: (text) => {
      drawn.clear()
      return stream.write(guardedText(text))
    },
    get isTTY() {
      return stream.isTTY === true
    },
    // They change with the window.
    get columns() {
      return stream.columns
    },
    get rows() {
      return stream.rows
    },
  }
}

/**
 * How this command was called, for hints that can be typed as they stand: installed in a project it is not in the shell's path.
 *
 * @param env - variables of the process; npx sets npm_command
 */
export function commandName(env: Readonly<Record<string, string | undefined>>): string {
  return env['npm_command'] === 'exec' ? 'npx kd' : 'kd'
}
