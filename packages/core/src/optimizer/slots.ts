import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors.js'

/** One tensor of optimizer state per variable and name, kept between steps. */
export class Slots {
  readonly #tensors = new Map<string, tf.Tensor>()

  /** The slot's tensor; undefined before its first `set`. */
  get(index: number, name: string): tf.Tensor | undefined {
    return this.#tensors.get(`${index}/${name}`)
  }

  /** Replaces the slot's tensor, also from inside a tidy. */
  set(index: number, name: string, value: tf.Tensor): void {
    this.#replace(`${index}/${name}`, tf.keep(value))
  }

  /** All slots by `index/name`. */
  state(): tf.NamedTensorMap {
    return Object.fromEntries(this.#tensors)
  }

  /** Replaces all slots by copies. */
  load(state: tf.NamedTensorMap, names: readonly string[]): void {
    for (const key of Object.keys(state)) {
      if (!/^\d+\/\w+$/.test(key) || !names.includes(key.slice(key.indexOf('/') + 1))) {
        throw new InvalidArgumentError(
          `loadState: keys must be index/name with a name of ${names.join(', ')}, got ${JSON.stringify(key)}`,
        )
      }
    }
    this.dispose()
    for (const [key, tensor] of Object.entries(state)) this.#replace(key, tf.keep(tf.clone(tensor)))
  }

  /** Frees all slots. */
  dispose(): void {
    tf.dispose([...this.#tensors.values()])
    this.#tensors.clear()
  }

  #replace(key: string, value: tf.Tensor): void {
    this.#tensors.get(key)?.dispose()
    this.#tensors.set(key, value)
  }
}
