#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js'
import { endingText } from './cli/terminal/ending-text.js'
import { terminalOf } from './cli/terminal/terminal.js'

const terminal = terminalOf(process)
const controller = new AbortController()
let endedBy: number | undefined
const ending = endingText(process.argv[2])

for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  // Somebody closed the window, or a connection broke: what was done is saved as well.
  ['SIGHUP', 1],
] as const) {
  process.on(name, () => {
    if (endedBy !== undefined) process.exit(128 + number)
    endedBy = 128 + number
    terminal.err.write(`\n${ending}`)
    controller.abort()
  })
}

// Where a limit on file size is set (ulimit -f), a write shall fail and be reported, not end the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined)

// A reader that stops reading, such as head, is no error; neither is a window that is gone while a run is being saved.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' && endedBy === undefined) process.exit(0)
  if (!isGone(error)) throw error
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (!isGone(error)) throw error
})
function isGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO'
}

void runCommandLine(process.argv.slice(2), { terminal, signal: controller.signal }).then((exitCode) => {
  process.exitCode = exitCode === 0 ? (endedBy ?? 0) : exitCode
})
