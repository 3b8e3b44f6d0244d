#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js'
import { endingText } from './cli/terminal/ending-text.js'
import { processTerminal } from './cli/terminal/terminal.js'

const terminal = processTerminal()
const controller = new AbortController()
let endedBy: number | undefined
const ending = endingText(process.argv[2])

for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
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

// A reader that stops reading, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

void runCommandLine(process.argv.slice(2), { terminal, signal: controller.signal }).then((exitCode) => {
  process.exitCode = exitCode === 0 ? (endedBy ?? 0) : exitCode
})
