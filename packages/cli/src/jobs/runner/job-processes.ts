import type { Job, JobOutcome } from '../job/job.js'
import { JobProcess } from './job-process.js'
import type { RunJobOptions } from '../job/run-job.js'

/** Processes that do jobs. Starting one and loading an engine takes a second: one that did its job well gets another. */
export class JobProcesses {
  readonly #idle = new Map<JobProcess, number>()

  /** Does a job in a process of its own, as `JobProcess` does. */
  async run(job: Job, options: RunJobOptions): Promise<JobOutcome> {
    const process =
      [...this.#idle].find(([, threads]) => threads === job.threads)?.[0] ?? new JobProcess(job.threads)
    this.#idle.delete(process)
    const outcome = await process.run(job, options)
    if (outcome.state === 'done') this.#idle.set(process, job.threads)
    else process.end()
    return outcome
  }

  /** Ends all processes, which have no job. */
  end(): void {
    for (const process of this.#idle.keys()) process.end()
    this.#idle.clear()
  }
}
