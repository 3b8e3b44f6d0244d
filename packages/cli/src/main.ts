#!/usr/bin/env node
import { format } from 'node:util'
import { runCommandLine } from './cli/command-line.js'
import { endingText } from './cli/terminal/ending-text.js'
import { guardedJson } from './cli/terminal/guarded-text.js'
import { terminalOf } from './cli/terminal/terminal.js'

const terminal = terminalOf(process)
const controller = new AbortController()
let endedBy: number | undefined
const ending = endingText(process.argv[2])
const words = process.argv.slice(2)
let isDone = false

for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  // Somebody closed the window, or a connection broke: what was done is saved as well.
  ['SIGHUP', 1],
] as const) {
  process.on(name, () => {
    terminal.clearLine()
    if (endedBy !== undefined) process.exit(128 + number)
    endedBy = 128 + number
    if (ending !== '') terminal.err.write(ending)
    controller.abort()
  })
}

// Libraries write here, and in what they say can be a name out of somebody's file.
for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const)
  console[name] = (...values: unknown[]) => terminal.err.write(`${format(...values)}\n`)

// Where a limit on file size is set (ulimit -f), a write shall fail and be reported, not end the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined)

// A reader that stops reading, such as head, is no error; neither is a window that is gone while a run is being saved.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!isGone(error)) throw error
  if (endedBy !== undefined) return
  isDone = true
  process.exit(0)
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (!isGone(error)) throw error
})
function isGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO'
}

// A plugin can end the process, or let everything wait for what never comes: then nothing was done, and 0 would say that it was.
process.on('exit', (code) => {
  terminal.drawn.clear()
  if (isDone || code !== 0) return
  const message =
    'kd ended before its work was done: code of a plugin called process.exit, or waits for something that never comes'
  process.exitCode = 1
  terminal.err.write(`${terminal.colors.red('error')} ${message}\n`)
  if (words.includes('--json')) terminal.out.write(`${guardedJson({ error: message, exitCode: 1 })}\n`)
})

/** Milliseconds that timers and connections which a plugin left open may keep the process after its work. */
const GRACE = 5000

void runCommandLine(words, { terminal, signal: controller.signal }).then((exitCode) => {
  process.exitCode = exitCode === 0 ? (endedBy ?? 0) : exitCode
  isDone = true
  setTimeout(() => process.exit(), GRACE).unref()
})
