import type { io } from '@tensorflow/tfjs-core'

/** A model of the page. */
export interface DemoModel {
  readonly role: string
  readonly name: string
  readonly bytes: number
  readonly topology: unknown
  readonly specs: io.WeightsManifestEntry[]
  /** In base64. */
  readonly weights: string
}

/** What `kd demo` puts into `content.js`, as `kdDemo`. */
export interface DemoContent {
  readonly task: string
  /** Of one input, channels last. */
  readonly shape: readonly number[]
  /** The largest value of a pixel, which is white. */
  readonly largest: number
  readonly columns: readonly string[]
  readonly classNames: readonly string[]
  readonly normalization: { readonly mean: readonly number[]; readonly standardDeviation: readonly number[] }
  /** An example of the data, with which the page begins. */
  readonly example: readonly number[]
  readonly models: readonly DemoModel[]
}
