import { UsageError } from '../../config/usage-error.js'
import { localRunner } from '../../jobs/runner/local-runner.js'
import type { Runner } from '../../jobs/runner/runner.js'
import type { RunnerFlags } from './runner-options.js'

/**
 * Makes the runner that a command line asks for.
 *
 * @param flags - see {@link RunnerFlags}
 * @returns a runner
 * @throws {@link UsageError} when it needs another flag
 */
export async function makeRunner({ runner, jobs, queue, image, claim }: RunnerFlags): Promise<Runner> {
  switch (runner) {
    case 'local':
      return localRunner(jobs)
    case 'bullmq': {
      const { bullmqRunner } = await import('../../jobs/runner/bullmq/bullmq-runner.js')
      return bullmqRunner({ queue: queueUrl(queue) })
    }
    case 'slurm': {
      const { slurmRunner } = await import('../../jobs/runner/indexed/slurm-runner.js')
      return slurmRunner({ atOnce: jobs })
    }
    case 'kubernetes': {
      if (image === undefined) throw new UsageError('--runner kubernetes must come with --image, got none')
      const { kubernetesRunner } = await import('../../jobs/runner/indexed/kubernetes-runner.js')
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
