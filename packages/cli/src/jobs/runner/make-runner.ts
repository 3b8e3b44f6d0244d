import { UsageError } from '../../config/usage-error.js'
import { localRunner } from './local-runner.js'
import type { Runner } from './runner.js'

/** Where jobs are done, and what that runner needs to know. */
export interface RunnerChoice {
  readonly runner: 'local' | 'bullmq' | 'slurm' | 'kubernetes'
  /** At a time. */
  readonly jobs: number
  readonly queue?: string
  readonly image?: string
  readonly claim?: string
}

/**
 * Makes the runner that a command line asks for.
 *
 * @param choice - see {@link RunnerChoice}
 * @returns a runner
 * @throws {@link UsageError} when it needs another flag
 */
export async function makeRunner({ runner, jobs, queue, image, claim }: RunnerChoice): Promise<Runner> {
  switch (runner) {
    case 'local':
      return localRunner(jobs)
    case 'bullmq': {
      const { bullmqRunner } = await import('./bullmq/bullmq-runner.js')
      return bullmqRunner({ queue: queueUrl(queue) })
    }
    case 'slurm': {
      const { slurmRunner } = await import('./indexed/slurm-runner.js')
      return slurmRunner({ atOnce: jobs })
    }
    case 'kubernetes': {
      if (image === undefined) throw new UsageError('--runner kubernetes must come with --image, got none')
      const { kubernetesRunner } = await import('./indexed/kubernetes-runner.js')
      return kubernetesRunner({ image, atOnce: jobs, ...(claim !== undefined && { claim }) })
    }
  }
}

/** The queue of the command line, or of the environment, where a password is not seen by others. */
export function queueUrl(queue: string | undefined = process.env['KD_QUEUE']): string {
  if (queue !== undefined && queue !== '') return queue
  throw new UsageError(
    'a queue must be named with --queue or KD_QUEUE, got none',
    'such as --queue redis://localhost:6379',
  )
}
