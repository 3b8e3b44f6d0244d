import { constants } from 'node:buffer'
import type { Addon } from './addon.js'

/** A piece of aligned memory that tensors use one after another. */
export interface Block {
  readonly buffer: ArrayBuffer
  /** The view of the last tensor; the next one is often of the same size and takes it over. */
  view: Float32Array | Int32Array | Uint8Array | undefined
}

/** Blocks of one size that no tensor uses. */
interface Shelf {
  readonly free: Block[]
  /** The fewest that lay here since the last sweep: so many were not needed. */
  fewest: number
}

/** Blocks are given back to the system when they were not needed for so many allocations. */
const SWEEP_EVERY = 50_000

/**
 * Linux promises more memory than there is and ends the process that uses it, so larger blocks are checked against what is
 * left, in a container of what it may use. Asking takes longer than filling smaller ones.
 */
const ASK_FROM = 2 ** 27

/**
 * Keeps the memory of disposed tensors for the next ones. The garbage collector owns the blocks: one that the pool lets go of
 * is freed when nothing refers to it any more, so no view can outlive its memory.
 *
 * A block is on exactly one side: in use by one data bucket, on a shelf, or let go of for ever.
 */
export class MemoryPool {
  readonly #addon: Addon
  readonly #limit: number
  readonly #shelves = new Map<number, Shelf>()
  readonly #owned = new WeakSet<ArrayBufferLike>()
  #freeBytes = 0
  #takes = 0

  /**
   * @param addon - allocates
   * @param limit - how many bytes may lie on the shelves
   */
  constructor(addon: Addon, limit: number) {
    this.#addon = addon
    this.#limit = limit
  }

  /** Bytes that no tensor uses and that are kept for the next ones. */
  get freeBytes(): number {
    return this.#freeBytes
  }

  /**
   * @param bytes - > 0
   * @returns a block of at least so many bytes, uninitialised
   * @throws RangeError when there is no memory
   */
  take(bytes: number): Block {
    if (++this.#takes % SWEEP_EVERY === 0) this.#sweep()
    const capacity = roundUp(bytes)
    const shelf = this.#shelves.get(capacity)
    const block = shelf?.free.pop()
    if (shelf !== undefined && block !== undefined) {
      shelf.fewest = Math.min(shelf.fewest, shelf.free.length)
      this.#freeBytes -= capacity
      return block
    }
    if (capacity >= ASK_FROM) assertServable(bytes, capacity)
    const buffer = this.#addon.allocate(capacity)
    this.#owned.add(buffer)
    return { buffer, view: undefined }
  }

  /**
   * Takes a block back that nobody will look at again.
   *
   * @returns false where it is let go of, as there are enough
   */
  give(block: Block): boolean {
    const capacity = block.buffer.byteLength
    if (this.#freeBytes + capacity > this.#limit) {
      this.letGo(block)
      return false
    }
    let shelf = this.#shelves.get(capacity)
    if (shelf === undefined) this.#shelves.set(capacity, (shelf = { free: [], fewest: 0 }))
    shelf.free.push(block)
    this.#freeBytes += capacity
    return true
  }

  /** Leaves a block to the garbage collector, because somebody else may hold a view of it. */
  letGo(block: Block): void {
    this.#owned.delete(block.buffer)
  }

  /** Whether memory behind a view belongs to this pool and may therefore be used again. */
  owns(buffer: ArrayBufferLike): boolean {
    return this.#owned.has(buffer)
  }

  /** Gives all unused memory back to the system. */
  clear(): void {
    this.#shelves.clear()
    this.#freeBytes = 0
  }

  #sweep(): void {
    for (const [capacity, shelf] of this.#shelves) {
      const dropped = shelf.free.splice(0, shelf.fewest)
      this.#freeBytes -= dropped.length * capacity
      shelf.fewest = shelf.free.length
      if (shelf.free.length === 0) this.#shelves.delete(capacity)
    }
  }
}

function assertServable(bytes: number, capacity: number): void {
  if (capacity > constants.MAX_LENGTH) {
    throw new RangeError(
      `native: this Node.js takes up to ${constants.MAX_LENGTH} bytes at once, got ${bytes}`,
    )
  }
  if (capacity > process.availableMemory()) {
    throw new RangeError(`native: out of memory, a tensor of ${bytes} bytes is more than there is left`)
  }
}

/** Eight sizes per doubling: at most an eighth is wasted, and similar sizes share blocks. */
function roundUp(bytes: number): number {
  if (bytes <= 64) return 64
  // Bit counting is the fast way, and right up to 2 GiB.
  const exponent = bytes < 2 ** 31 ? 31 - Math.clz32(bytes) : Math.floor(Math.log2(bytes))
  const step = Math.max(64, 2 ** (exponent - 3))
  return Math.ceil(bytes / step) * step
}
