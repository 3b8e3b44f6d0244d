import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { mapConfigPaths } from '../../config/config-paths.js'
import type { Config, TeacherConfig } from '../../config/config-schema.js'
import { MANIFEST } from '../answers/answer-manifest.js'
import { contentHash, modelFileHash } from './content-hash.js'

/**
 * What a run computes, as a hash of its resolved config and its data. Where files lie does not matter, what is in them
 * does: the same id on every machine, and another one when a teacher's weights changed.
 *
 * @param config - resolved, with its engine
 * @param data - hash of the student's data
 * @returns SHA-256, hexadecimal
 */
export async function runIdentity(config: Config, data: string): Promise<string> {
  return (await identifyRun(config, data)).id
}

/** What a run is known by, and the hashes of the files that its config names, by their keys. */
export interface IdentifiedRun {
  readonly id: string
  readonly files: Readonly<Record<string, string>>
}

/** Works out what {@link runIdentity} gives, and says of which files it is made. */
export async function identifyRun(config: Config, data: string): Promise<IdentifiedRun> {
  const contents = new Map<string, string>()
  const paths: [key: string, path: string][] = []
  const keyed = mapConfigPaths(config, (path, at) => {
    const key = at.join('.')
    // What a data set's files hold is in the hash of the data.
    if (at[0] === 'dataset') return 'data'
    paths.push([key, path])
    return key
  })
  for (const [key, path] of paths) {
    const isModel = key.endsWith('.model.file')
    contents.set(key, await (isModel ? modelFileHash(path) : contentHash(contentFile(key, path))))
    if (!key.endsWith('.run')) continue
    // Runs of versions before 0.2 have none, and what was made from them keeps its id.
    const input = await contentHash(join(path, 'student', 'input.json'))
    if (input !== 'missing') contents.set(`${key}.input`, input)
  }
  return { id: hashOf([keyed, data, [...contents]]), files: Object.fromEntries(contents) }
}

/** A teacher that is trained by a recipe. */
export interface TrainedTeacher {
  readonly config: Config
  readonly teacher: TeacherConfig
  /** Which of the config's teachers: weights and order are drawn by it. */
  readonly index: number
  /** Hash of the recipe's data. */
  readonly data: string
}

/**
 * What the training of a teacher computes, as a hash of everything that its weights depend on.
 *
 * @param trained - see {@link TrainedTeacher}
 * @returns SHA-256, hexadecimal
 */
export function teacherIdentity({ config, teacher, index, data }: TrainedTeacher): string {
  const { model, training, seed = config.seed, checkpoints = [] } = teacher
  const { engine, dataset } = config
  return hashOf(['teacher', model, training, seed, index, dataset.augmentation, engine, data, ...checkpoints])
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex')
}

/** The order in which keys were written is no difference. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** The file that says what is in a folder. */
function contentFile(key: string, path: string): string {
  if (key.endsWith('.run')) return join(path, 'student', 'weights.bin')
  // A manifest has the hashes of its shards.
  return key.endsWith('.answers') ? join(path, MANIFEST) : path
}
