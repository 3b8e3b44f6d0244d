import { createHash } from 'node:crypto'
import { basename, join, relative, sep } from 'node:path'
import { stringify } from 'yaml'
import { writeFileSafely } from '../../../run/folder/write-file-safely.js'
import type { Job } from '../../job/job.js'
import type { Runner } from '../runner.js'
import { kubernetesManifest } from './kubernetes-manifest.js'
import { shellQuoted } from './shell-command.js'
import { submitIndex } from './submit-index.js'

/** The file that is given to `kubectl create`. */
const KUBERNETES_FILE = 'kubernetes.yaml'

/** How Kubernetes does jobs. */
export interface KubernetesRunnerOptions {
  /** Container image with `kd` in its path. */
  readonly image: string
  /** Name of the PersistentVolumeClaim that holds the workspace. @defaultValue `kd-workspace` */
  readonly claim?: string
  /** How many at a time. @defaultValue 1 */
  readonly atOnce?: number
}

/**
 * Writes jobs down as an Indexed Job of Kubernetes: `kubernetes.yaml`, and `jobs.json`, in which each pod finds its job. The
 * workspace has to be the root of a volume that every pod can write. `kd collect` merges what is done.
 *
 * @param options - see {@link KubernetesRunnerOptions}
 * @returns a runner that gives `submitted` for every job
 */
export function kubernetesRunner({
  image,
  claim = 'kd-workspace',
  atOnce = 1,
}: KubernetesRunnerOptions): Runner {
  return {
    name: 'kubernetes',
    // In the pods there is nothing but the workspace.
    trusted: false,
    run: (jobs, context) =>
      submitIndex(jobs, context, async (path) => {
        const { folder, workspace } = context
        const manifest = kubernetesManifest({
          ...{ name: jobName(folder, jobs), tasks: jobs.length, atOnce, image, claim },
          threads: Math.max(...jobs.map((job) => job.threads)),
          index: relative(workspace, path).split(sep).join('/'),
        })
        const file = join(folder, KUBERNETES_FILE)
        await writeFileSafely(file, stringify(manifest))
        return `kubectl create -f ${shellQuoted(file)}`
      }),
  }
}

/** A Job cannot be changed, so other jobs need another name. */
function jobName(folder: string, jobs: readonly Job[]): string {
  const hash = createHash('sha256')
    .update(jobs.map(({ id }) => id).join())
    .digest('hex')
  const words =
    basename(folder)
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  return ['kd', ...words].join('-').slice(0, 50).replace(/-+$/, '') + `-${hash.slice(0, 8)}`
}
