import { KdError, selectEngine } from '@kd/core'
import type { ReadConfig } from '../../config/read-config.js'
import { prepareDataset } from '../../run/data/prepare-dataset.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import { disposeTeachers } from '../../run/training/open-teachers.js'
import type { AnswerJob } from './job.js'
import { inputsHash } from '../../run/answers/inputs-hash.js'
import { AnswerFolder } from '../../run/answers/answer-folder.js'
import { answerShards } from './answer-shards.js'
import { shardCount } from '../../run/answers/answer-manifest.js'
import { askedTeacherHash, loadAskedTeacher } from './asked-teacher.js'

/** How the answers of a job are made. */
export interface AnswerJobOptions {
  /** The folder of the answers, as an absolute path. */
  readonly folder: string
  /** The folder of the teachers that a recipe trained. */
  readonly teachersFolder: string
  readonly signal: AbortSignal
  readonly onProgress: OnRunProgress
}

/**
 * Asks a teacher for the shards of a job, as the manifest in its folder says. Shards that are there already are left as they are.
 *
 * @param read - the job's config
 * @param job - which teacher and which shards
 * @param options - see {@link AnswerJobOptions}
 * @returns whether all are there
 * @throws {@link KdError} when data or teacher are not those of the manifest, with both hashes
 */
export async function runAnswerJob(
  { config: given, catalogue }: ReadConfig,
  { index, state, shards }: AnswerJob,
  { folder: path, teachersFolder, signal, onProgress: tell }: AnswerJobOptions,
): Promise<boolean> {
  const folder = new AnswerFolder(path)
  const manifest = await folder.manifest()
  if (manifest === undefined) throw new KdError(`kept answers: ${path} must have a manifest, got none`)
  const engine = await selectEngine(given.engine)
  const config = { ...given, engine: engine.name }
  const named = { config, catalogue }
  const dataset = await prepareDataset(named, tell)
  for (const place of shards) {
    if (place.index < shardCount(manifest, place.split)) continue
    throw new KdError(
      `kept answers of ${path}: a job's shards must be in its manifest, got ${place.index} of ${place.split}`,
    )
  }
  for (const split of new Set(shards.map((place) => place.split))) {
    const examples = dataset[split]
    assertSame(path, `${split} split`, manifest.splits[split]?.data, examples && inputsHash(examples))
  }
  const teacher = await loadAskedTeacher(named, dataset, { index, state, teachersFolder })
  try {
    const hash = await askedTeacherHash(named, index, teacher)
    assertSame(path, "teacher's weights", manifest.teacher.weights, hash)
    const { teacherTimeout } = config
    return await answerShards(
      { manifest, folder, dataset, teacher, teacherTimeout, shards },
      { signal, tell },
    )
  } finally {
    disposeTeachers([{ states: [{ teacher }] }])
  }
}

function assertSame(path: string, what: string, wanted: string | undefined, found: string | undefined): void {
  if (wanted !== undefined && wanted === found) return
  throw new KdError(
    `kept answers of ${path}: the ${what} must have the SHA-256 ${wanted ?? 'none'} of its manifest, got ${found ?? 'none'}`,
    {
      hint: 'data and weights must be the same on every machine, and stay the same while the teacher is asked',
    },
  )
}
