import type { Job } from 'kubernetes-types/batch/v1.js'

/** What a manifest is made of. */
export interface KubernetesManifestOptions {
  /** The name of the Job: small letters, digits and hyphens, at most 63. */
  readonly name: string
  readonly tasks: number
  /** How many of them at a time. */
  readonly atOnce: number
  /** Processors of each. */
  readonly threads: number
  /** Container image with `kd` in its path. */
  readonly image: string
  /** Name of the PersistentVolumeClaim that holds the workspace. */
  readonly claim: string
  /** Path of the index in the workspace. */
  readonly index: string
}

/** Where the workspace is mounted. */
const MOUNT = '/workspace'

/**
 * Describes an Indexed Job of Kubernetes (batch/v1, from 1.29 on): each pod gets its index in JOB_COMPLETION_INDEX and does the job
 * at this place.
 *
 * @param options - see {@link KubernetesManifestOptions}
 * @returns plain data
 * @see {@link https://kubernetes.io/docs/concepts/workloads/controllers/job/ | Kubernetes: Jobs}
 */
export function kubernetesManifest({
  name,
  tasks,
  atOnce,
  threads,
  image,
  claim,
  index,
}: KubernetesManifestOptions): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { 'app.kubernetes.io/name': 'kd' } },
    spec: {
      completionMode: 'Indexed',
      completions: tasks,
      parallelism: Math.min(atOnce, tasks),
      // A task that fails does not stop the rest.
      backoffLimitPerIndex: 2,
      // A pod is replaced when it is gone, not while it still saves where it is.
      podReplacementPolicy: 'Failed',
      // A pod whose machine was wanted for something else did not fail.
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': 'kd' } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 120,
          containers: [
            {
              name: 'kd',
              image,
              command: ['kd', 'worker', '--index', `${MOUNT}/${index}`],
              resources: { requests: { cpu: String(threads) } },
              volumeMounts: [{ name: 'workspace', mountPath: MOUNT }],
            },
          ],
          volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  }
}
