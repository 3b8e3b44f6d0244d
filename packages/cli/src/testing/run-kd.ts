import { Writable } from 'node:stream'
import { runCommandLine } from '../cli/command-line.js'
import { terminalOf } from '../cli/terminal/terminal.js'

/** What one command wrote and returned. */
export interface KdRun {
  readonly exitCode: number
  readonly out: string
  readonly err: string
  /** The last line of `out` as JSON. */
  readonly json: () => Record<string, unknown>
}

/** A command that is under way. */
export interface StartedKd {
  readonly ended: Promise<KdRun>
  /** What it has written so far. */
  readonly out: () => string
}

/** Starts a command line in this process, as tests do: the real thing but for the streams. */
export function startKd(
  words: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): StartedKd {
  const out = collector()
  const err = collector()
  const terminal = terminalOf({ stdout: out.stream, stderr: err.stream, env: { NO_COLOR: '1' } })
  const ended = runCommandLine(words, { terminal, signal }).then((exitCode) => ({
    exitCode,
    out: out.text(),
    err: err.text(),
    json: () => JSON.parse(out.text().trim().split('\n').at(-1)!) as Record<string, unknown>,
  }))
  return { ended, out: () => out.text() + err.text() }
}

/** Runs a command line to its end, see {@link startKd}. */
export function runKd(words: readonly string[], signal?: AbortSignal): Promise<KdRun> {
  return startKd(words, signal).ended
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString())
      done()
    },
  })
  return { stream, text: () => chunks.join('') }
}
