import { spawn } from 'node:child_process'

/** A command in a process of its own. */
export interface KdProcess {
  readonly pid: number
  /** What it wrote to standard error so far. */
  readonly err: () => string
  /** Waits until standard error has such a text. */
  readonly says: (text: string | RegExp) => Promise<void>
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<KdEnd>
}

/** The end of a command. */
export interface KdEnd {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/**
 * Starts a command.
 *
 * @param main - see `buildMain`
 * @param words - of the command
 * @param environment - added to this process's
 */
export function startKd(
  main: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): KdProcess {
  const child = spawn(process.execPath, [main, ...words], { env: { ...process.env, ...environment } })
  const found = { out: '', err: '' }
  let onText: () => void = () => undefined
  child.stdout.on('data', (chunk: Buffer) => (found.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    found.err += chunk.toString()
    onText()
  })
  const ended = new Promise<KdEnd>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, ...found })
      onText()
    })
  })
  return {
    pid: child.pid!,
    err: () => found.err,
    says: (text) =>
      new Promise((resolve, reject) => {
        onText = () => {
          if (typeof text === 'string' ? found.err.includes(text) : text.test(found.err)) resolve()
          else if (child.exitCode !== null)
            reject(new Error(`it ended and had not said ${String(text)}: ${found.err}`))
        }
        onText()
      }),
    kill: (signal) => child.kill(signal),
    ended,
  }
}
