import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import { engine, util, type DataType, type TensorInfo, type BackendValues } from '@tensorflow/tfjs-core'
import type { Addon } from './addon.js'
import { CallQueue } from './call-queue.js'
import { DataBuckets, type NativeData } from './data-buckets.js'
import { MemoryPool, type Block } from './memory-pool.js'

type NumericArray = Float32Array | Int32Array | Uint8Array
interface Kind<Values> {
  new (buffer: ArrayBuffer, offset: number, size: number): Values
  new (size: number): Values
  from(values: NumericArray): Values
}

/** A new tensor and the memory that its kernel has to fill. */
export interface Output<Values extends NumericArray> {
  readonly info: TensorInfo
  readonly values: Values
}

/** Smaller tensors are copied when they are read: that is cheaper than a new block. */
const COPY_BELOW = 16 * 1024

/** Larger arrays of the caller's are not copied when a kernel first reads them; it runs at once instead. */
const ADOPT_BELOW = 16 * 1024 ** 2

/** So many calls of the addon wait at most: what they hold is not freed before. */
const MOST_CALLS = 1024

/**
 * The cpu backend with other memory. Values lie in typed arrays over aligned memory, so that the cpu engine's kernels run on
 * them as they are, native kernels get their addresses, and reading a tensor copies nothing. What native kernels compute waits
 * in a queue until somebody looks at values.
 */
export class NativeBackend extends MathBackendCPU {
  /** What kernels call; see {@link CallQueue}. */
  readonly addon: Addon
  readonly pool: MemoryPool
  override readonly data: DataBuckets
  readonly #queue: CallQueue
  /** Buckets whose values may still have to be computed, those of the running kernel from `#kernelStart` on. */
  #unsettled: NativeData[] = []
  #kernelStart = 0
  #hurry = false

  constructor(addon: Addon, poolLimit: number) {
    super()
    this.#queue = new CallQueue(addon)
    this.addon = this.#queue.addon
    this.pool = new MemoryPool(addon, poolLimit)
    this.data = new DataBuckets(this, engine(), () => {
      this.settle()
    })
    // Otherwise the first tensor prints advice to install tfjs-node.
    ;(this as unknown as { firstUse: boolean }).firstUse = false
  }

  /**
   * A new tensor, uninitialised.
   *
   * @throws RangeError when there is no memory
   */
  allocate(shape: number[], dtype: 'float32'): Output<Float32Array>
  allocate(shape: number[], dtype: 'int32'): Output<Int32Array>
  allocate(shape: number[], dtype: 'bool'): Output<Uint8Array>
  allocate(shape: number[], dtype: DataType): Output<NumericArray>
  allocate(shape: number[], dtype: DataType): Output<NumericArray> {
    const size = util.sizeFromShape(shape)
    if (size === 0) {
      const values = new (kindOf(dtype))(0)
      return { info: { dataId: this.data.add({ values, dtype, refCount: 1 }), shape, dtype }, values }
    }
    const block = this.pool.take(dtype === 'bool' ? size : size * 4)
    const values = viewOf(block, kindOf(dtype), size)
    const data = { values, dtype, refCount: 1, block }
    this.#unsettled.push(data)
    return { info: { dataId: this.data.add(data), shape, dtype }, values }
  }

  /** How many calls of the addon wait. */
  get waiting(): number {
    return this.#queue.length
  }

  /** This is to be called before a kernel, so that its outputs are known to be its own. */
  startKernel(): void {
    if (this.#queue.length === 0) this.#unsettled.length = 0
    this.#kernelStart = this.#unsettled.length
  }

  /** This is to be called after a kernel. */
  endKernel(): void {
    if (this.#hurry || this.#queue.length >= MOST_CALLS) this.settle()
    this.#hurry = false
  }

  /**
   * Computes all that waits in the queue. Where that fails, tensors that were not computed throw the same error again when they
   * are used.
   *
   * @throws Error that names the call
   */
  settle(): void {
    if (this.#queue.length === 0) return
    try {
      this.#queue.flush()
    } catch (error) {
      for (const data of this.#unsettled) data.lost = error as Error
      throw error
    } finally {
      this.#unsettled = this.#unsettled.slice(this.#kernelStart)
      this.#kernelStart = 0
    }
  }

  /** The values of a float32 tensor, for a call of the addon. */
  floats(tensor: TensorInfo): Float32Array {
    return this.#input(tensor, Float32Array)
  }

  /** The values of an int32 tensor, for a call of the addon. */
  integers(tensor: TensorInfo): Int32Array {
    return this.#input(tensor, Int32Array)
  }

  /** The values of a bool tensor, for a call of the addon. */
  bytes(tensor: TensorInfo): Uint8Array {
    return this.#input(tensor, Uint8Array)
  }

  /** The values of a numeric tensor, of the type that its dtype says, for a call of the addon. */
  numeric(tensor: TensorInfo): NumericArray {
    if (tensor.dtype === 'float32') return this.floats(tensor)
    return tensor.dtype === 'int32' ? this.integers(tensor) : this.bytes(tensor)
  }

  /** The same data under another shape. */
  share(tensor: TensorInfo, shape: number[]): TensorInfo {
    this.incRef(tensor.dataId)
    return { dataId: tensor.dataId, shape, dtype: tensor.dtype }
  }

  override refCount(dataId: object): number {
    return this.data.has(dataId) ? this.data.peek(dataId).refCount : 0
  }

  override incRef(dataId: object): void {
    this.data.peek(dataId).refCount++
  }

  override decRef(dataId: object): void {
    if (this.data.has(dataId)) this.data.peek(dataId).refCount--
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): object {
    // A cpu kernel may hand back a view of its input, whose memory will be used again.
    if (!ArrayBuffer.isView(values) || !this.pool.owns(values.buffer))
      return super.write(values, shape, dtype)
    this.settle()
    return super.write(values.slice(), shape, dtype)
  }

  override readSync(dataId: object): BackendValues {
    const data = this.data.get(dataId)
    const { values, block } = data
    if (data.lost !== undefined) throw data.lost
    if (block === undefined) return super.readSync(dataId)
    const array = values as NumericArray
    if (array.byteLength < COPY_BELOW || array.byteLength !== block.buffer.byteLength) return array.slice()
    // The caller may keep this array for ever, so the block does not return to the pool.
    this.pool.letGo(block)
    data.block = undefined
    return array
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true
    const data = this.data.peek(dataId)
    if (data.complexTensorInfos != null) return super.disposeData(dataId, force)
    data.refCount--
    if (!force && data.refCount > 0) return false
    this.data.delete(dataId)
    // What the pool has no room for is freed, but for the queue that holds it.
    if (data.block !== undefined && !this.pool.give(data.block)) this.settle()
    return true
  }

  override memory(): { unreliable: boolean; reasons: string[]; numBytesInPool: number } {
    // The types demand a list; TensorFlow.js shows it only beside `unreliable`.
    return { unreliable: false, reasons: [], numBytesInPool: this.pool.freeBytes }
  }

  override time(run: () => void): ReturnType<MathBackendCPU['time']> {
    this.settle()
    return super.time(() => {
      run()
      this.settle()
    })
  }

  override dispose(): void {
    this.settle()
    this.pool.clear()
  }

  #input<Values extends NumericArray>({ dataId }: TensorInfo, kind: Kind<Values>): Values {
    const data = this.data.peek(dataId)
    if (data.lost !== undefined) throw data.lost
    const { values } = data
    if (values instanceof kind)
      return data.block !== undefined || data.adopted === true ? values : this.#adopt(data, values, kind)
    // The cpu engine's casts to a wider type keep the old array.
    this.settle()
    return kind.from(values as NumericArray)
  }

  /** An array that the caller may change, or already has: the queue must not find it changed. */
  #adopt<Values extends NumericArray>(data: NativeData, values: Values, kind: Kind<Values>): Values {
    if (values.byteLength > ADOPT_BELOW) {
      this.#hurry = true
      return values
    }
    if (values.byteLength < COPY_BELOW) {
      data.adopted = true
      return (data.values = values.slice() as Values)
    }
    // The block may still be read by what waits.
    this.settle()
    data.block = this.pool.take(values.byteLength)
    const own = viewOf(data.block, kind, values.length)
    own.set(values)
    data.values = own
    return own
  }
}

function kindOf(dtype: DataType): Kind<NumericArray> {
  const kind = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array
  return kind
}

function viewOf<Values extends NumericArray>(block: Block, kind: Kind<Values>, size: number): Values {
  const { view } = block
  if (view !== undefined && view.length === size && view instanceof kind) return view
  const fresh = new kind(block.buffer, 0, size)
  block.view = fresh
  return fresh
}
