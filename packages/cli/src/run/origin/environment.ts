import type { AnyDataset, LabelArray } from '@kd/core'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import { gitCommit } from './git-commit.js'
import { version } from './version.js'

/** What a run ran on. */
export interface Environment {
  readonly startedAt: string
  readonly node: string
  readonly platform: string
  readonly cpu: string
  readonly threads: number
  readonly packages: Readonly<Record<string, string>>
  /** What is checked out of the git repository around the working directory; absent without one. */
  readonly commit?: string
}

const names = [
  '@kd/core',
  '@kd/losses',
  '@kd/features',
  '@kd/selection',
  '@kd/meta-mixing',
  '@kd/native',
  '@kd/models',
  '@kd/datasets',
  '@kd/onnx',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-cpu',
]

/** Looks at the machine, the versions and the repository. */
export function environment(): Environment {
  const commit = gitCommit(process.cwd())
  return {
    startedAt: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    packages: packageVersions(),
    ...(commit === undefined ? {} : { commit }),
  }
}

/** Versions of the installed packages that a run depends on. */
export function packageVersions(): Record<string, string> {
  const require = createRequire(import.meta.url)
  const versions: Record<string, string> = { '@kd/cli': version }
  for (const name of names) {
    try {
      const { version: found } = JSON.parse(
        readFileSync(require.resolve(`${name}/package.json`), 'utf8'),
      ) as {
        version: string
      }
      versions[name] = found
    } catch {
      // An engine that is not installed has no version.
    }
  }
  return versions
}

/** SHA-256 over every split: inputs, labels and ids, in order. */
export function dataHash(dataset: AnyDataset): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([dataset.inputShape, dataset.classNames, dataset.normalization]))
  for (const split of ['train', 'validation', 'test'] as const) {
    const examples = dataset[split]
    if (examples === undefined) continue
    hash.update(`${split} ${examples.ids.length} ${examples.inputs.BYTES_PER_ELEMENT}`)
    for (const values of [examples.inputs, examples.labels, examples.ids]) hash.update(bytesOf(values))
  }
  return hash.digest('hex')
}

function bytesOf(values: AnyDataset['train']['inputs'] | LabelArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
