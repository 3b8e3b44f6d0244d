import { failureMessage } from './jobs/job/failure-message.js'
import type { FromJobProcess, ToJobProcess } from './jobs/runner/job-processes.js'
import { runJob } from './jobs/job/run-job.js'
import type { JobOutcome } from './jobs/job/job.js'

// A process that does jobs for the one that started it. Training blocks its event loop, never the other's.

/** Milliseconds between two reports of steps. */
const STEP_INTERVAL = 200

let controller = new AbortController()

// Ctrl-C and the end of a terminal reach the whole group of processes; the one that started this one decides what ends.
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('SIGTERM', () => controller.abort())
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToJobProcess) => {
  if (message.kind === 'stop') controller.abort()
  else void work(message).then((outcome) => send({ kind: 'outcome', outcome }))
})

async function work({ job, workspace, trusted }: ToJobProcess & { kind: 'job' }): Promise<JobOutcome> {
  controller = new AbortController()
  const { signal } = controller
  let told = 0
  try {
    return await runJob(job, {
      workspace,
      trusted,
      signal,
      onProgress: (progress) => {
        const now = performance.now()
        if (progress.kind === 'step' && now - told < STEP_INTERVAL) return
        told = now
        send({ kind: 'progress', progress })
      },
    })
  } catch (error) {
    return { state: 'failed', message: failureMessage(error) }
  }
}

function send(message: FromJobProcess): void {
  if (process.connected) process.send!(message)
}
