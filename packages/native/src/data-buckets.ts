import {
  DataStorage,
  type BackendValues,
  type DataMover,
  type DataType,
  type KernelBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { Block } from './memory-pool.js'

/** What the backend keeps per data bucket: the cpu backend's fields, and the pool's block where the memory comes from it. */
export interface NativeData {
  values: BackendValues
  dtype: DataType
  refCount: number
  block?: Block | undefined
  /** The values are a copy that nobody else has. */
  adopted?: boolean
  /** Only of complex64. */
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo }
  /** Why its values were never computed. */
  lost?: Error
}

/** The identity of a data bucket, with what is in it: TensorFlow.js looks that up in a WeakMap, at ten times the cost. */
class DataId {
  data: NativeData | undefined
  readonly owner: DataBuckets

  constructor(owner: DataBuckets, data: NativeData) {
    this.owner = owner
    this.data = data
  }
}

/**
 * The data buckets of the backend. The cpu engine's kernels, and everyone else, find values by `get`, which first sees to it that
 * they are computed; `peek` does not.
 */
export class DataBuckets extends DataStorage<NativeData> {
  readonly #settle: () => void
  #count = 0

  /**
   * @param backend - whose
   * @param mover - fetches what lies on another backend
   * @param settle - computes what is still to be computed
   */
  constructor(backend: KernelBackend, mover: DataMover, settle: () => void) {
    super(backend, mover)
    this.#settle = settle
  }

  /** A new bucket. */
  add(data: NativeData): object {
    this.#count++
    return new DataId(this, data)
  }

  /** What is in a bucket; the values may still have to be computed. */
  peek(dataId: object): NativeData {
    const own = this.#own(dataId)
    if (own === undefined) return super.get(dataId)
    if (own.data === undefined) super.get(dataId) // fetches it from another backend
    return own.data!
  }

  override get(dataId: object): NativeData {
    this.#settle()
    const data = this.peek(dataId)
    data.adopted = false
    return data
  }

  override has(dataId: object): boolean {
    return this.#own(dataId)?.data !== undefined || super.has(dataId)
  }

  override set(dataId: object, data: NativeData): void {
    const own = this.#own(dataId)
    if (own === undefined) super.set(dataId, data)
    else {
      this.#count++
      own.data = data
    }
  }

  override delete(dataId: object): boolean {
    const own = this.#own(dataId)
    if (own?.data === undefined) return super.delete(dataId)
    this.#count--
    own.data = undefined
    return true
  }

  override numDataIds(): number {
    return this.#count + super.numDataIds()
  }

  #own(dataId: object): DataId | undefined {
    return dataId instanceof DataId && dataId.owner === this ? dataId : undefined
  }
}
