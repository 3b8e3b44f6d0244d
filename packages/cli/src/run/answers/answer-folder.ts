import { KdError } from '@kd/core'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { writeError, writeFileSafely } from '../folder/write-file-safely.js'
import {
  decodeManifest,
  encodeManifest,
  answerSplits,
  MANIFEST,
  shardFile,
  type AnswerManifest,
  type ShardEntry,
  type ShardPlace,
} from './answer-manifest.js'
import { decodeShard, encodeShard, type AnswerShard, type ShardContent } from './answer-shard.js'

/** Larger than the manifest of any answers that fit a disk. */
const MAX_MANIFEST = 500_000_000
const ownFile = /^(manifest\.json|(train|validation|test)-\d{5,7}-[0-9a-f]{64}\.safetensors)(\.\d+\.tmp)?$/

/**
 * The kept answers of one teacher: a manifest, and shards. A shard's name holds the hash of its bytes, and it gets that name only when
 * it is whole and on the disk.
 */
export class AnswerFolder {
  readonly path: string

  /** @param path - absolute; need not be there */
  constructor(path: string) {
    this.path = path
  }

  /**
   * Reads the manifest.
   *
   * @returns undefined where there is none
   * @throws {@link KdError} naming the file when it is something else
   */
  async manifest(): Promise<AnswerManifest | undefined> {
    const path = join(this.path, MANIFEST)
    const bytes = await readPlainFile(path, MAX_MANIFEST)
    return bytes && within(path, () => decodeManifest(Buffer.from(bytes).toString()))
  }

  /** Writes the manifest whole or not at all. */
  async writeManifest(manifest: AnswerManifest): Promise<void> {
    await mkdir(this.path, { recursive: true }).catch((error: unknown) => {
      throw writeError(this.path, error)
    })
    await writeFileSafely(join(this.path, MANIFEST), encodeManifest(manifest))
  }

  /** Writes a shard whole or not at all. */
  async writeShard(manifest: AnswerManifest, content: ShardContent): Promise<void> {
    const bytes = encodeShard(manifest, content)
    await writeFileSafely(join(this.path, shardFile(content, sha256(bytes))), bytes)
  }

  /**
   * Looks for a shard that is there already.
   *
   * @param id - of the answers that it must be part of
   * @param place - where it stands
   * @param rows - that it must have
   * @param onRefused - told of each file that has its name and is not used, and why
   * @returns what the manifest says of it; undefined when no good one is there
   */
  async findShard(
    { id, rows, ...place }: ShardPlace & { readonly id: string; readonly rows: number },
    onRefused: (file: string, reason: string) => void = () => undefined,
  ): Promise<ShardEntry | undefined> {
    const prefix = shardFile(place, '').replace(/\.safetensors$/, '')
    for (const file of (await this.#files()).filter(
      (name) => name.startsWith(prefix) && !name.endsWith('.tmp'),
    )) {
      const bytes = (await readPlainFile(join(this.path, file))) ?? new Uint8Array()
      const hash = sha256(bytes)
      try {
        assertHash(bytes, hash, file.slice(prefix.length, prefix.length + hash.length))
        assertPlace(decodeShard(bytes), { id, rows, ...place })
        return { file, rows, bytes: bytes.length, sha256: hash }
      } catch (error) {
        if (!KdError.isInstance(error)) throw error
        onRefused(file, error.message.replace('\n  ', '; '))
      }
    }
    return undefined
  }

  /**
   * Reads a shard of the manifest.
   *
   * @param manifest - of these answers
   * @param place - of the shard, which the manifest has
   * @returns the shard
   * @throws {@link KdError} naming the file when it is missing, damaged or another one
   */
  async readShard({ id, splits }: AnswerManifest, place: ShardPlace): Promise<AnswerShard> {
    const { file, rows, sha256: wanted } = splits[place.split]!.shards[place.index]!
    const path = join(this.path, file)
    const bytes = await readPlainFile(path)
    if (bytes === undefined)
      throw new KdError(`${path}: no such file`, {
        hint: 'run kd keep-answers again: it makes what is missing',
      })
    return within(path, () => {
      assertHash(bytes, sha256(bytes), wanted)
      const shard = decodeShard(bytes)
      assertPlace(shard, { id, rows, ...place })
      return shard
    })
  }

  /** Removes shards that the manifest does not have, and what a write left behind that was killed. */
  async removeOthers({ splits }: AnswerManifest): Promise<void> {
    const shards = answerSplits.flatMap((split) => splits[split]?.shards ?? [])
    const kept = new Set(shards.map(({ file }) => file))
    const others = (await this.#files()).filter((name) => name !== MANIFEST && !kept.has(name))
    await Promise.all(others.map((name) => rm(join(this.path, name), { force: true })))
  }

  /** Names of files of ours; links and folders are none. */
  async #files(): Promise<string[]> {
    const entries = await readdir(this.path, { withFileTypes: true }).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return []
      throw new KdError(`cannot read ${this.path}: ${code}`, { cause: error })
    })
    return entries.filter((entry) => entry.isFile() && ownFile.test(entry.name)).map(({ name }) => name)
  }
}

function assertHash(bytes: Uint8Array, hash: string, wanted: string): void {
  if (hash === wanted) return
  throw new KdError(`kept answers: its ${bytes.length} bytes must have the SHA-256 ${wanted}, got ${hash}`, {
    hint: 'the file is damaged: run kd keep-answers again, which makes it anew',
  })
}

function assertPlace(
  { answers, split, index, ids }: AnswerShard,
  wanted: ShardPlace & { readonly id: string; readonly rows: number },
): void {
  const says = (id: string, of: ShardPlace, rows: number): string =>
    `shard ${of.index} of ${of.split} with ${rows} rows of the answers ${id}`
  const [one, other] = [says(wanted.id, wanted, wanted.rows), says(answers, { split, index }, ids.length)]
  if (one !== other)
    throw new KdError(`kept answers: a file must be what its name says, ${one}, got ${other}`)
}

/** The bytes of a file that is no link; undefined where there is none. */
async function readPlainFile(path: string, limit = Infinity): Promise<Uint8Array | undefined> {
  let file: FileHandle | undefined
  try {
    // Windows has no such flag, and lets few make links.
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    const about = await file.stat()
    if (!about.isFile()) throw new KdError(`${path} must be a file, got something else`)
    if (about.size > limit) throw new KdError(`${path} must have at most ${limit} bytes, got ${about.size}`)
    return await file.readFile()
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    const { code = String(error) } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new KdError(`cannot read ${path}: ${code === 'ELOOP' ? 'it is a link' : code}`, { cause: error })
  } finally {
    await file?.close()
  }
}

function within<Value>(path: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (!KdError.isInstance(error)) throw error
    const { hint } = error
    throw new KdError(`${path}: ${error.message.split('\n')[0]}`, {
      cause: error,
      ...(hint !== undefined && { hint }),
    })
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
