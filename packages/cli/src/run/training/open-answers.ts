import { KdError, taskOf, type AnyDataset } from '@kd/core'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TeacherConfig } from '../../config/config-schema.js'
import { teacherModel, type NamedConfig } from '../model/config-model.js'
import { dataHash } from '../origin/environment.js'
import { teacherIdentity } from '../origin/identity.js'
import { recipeData } from '../data/prepare-dataset.js'
import { loadModel, loadWeights, weightsHash } from '../model/saved-model.js'
import { inputsHash } from '../answers/inputs-hash.js'
import { AnswerFolder } from '../answers/answer-folder.js'
import {
  isComplete,
  answerSplits,
  MANIFEST,
  shardCount,
  type AnswerManifest,
} from '../answers/answer-manifest.js'
import { AnswerTable } from '../answers/kept-answers.js'
import { teacherFileHash } from './teacher-files/teacher-file-hash.js'

/**
 * Reads the answers that a config names for one of its teachers, if they are those of its data, and of the teacher where it names
 * that as well.
 *
 * @param named - the config, with its engine
 * @param index - which of its teachers
 * @param clean - the data set before label noise
 * @returns a teacher of kept answers
 * @throws {@link KdError} naming what does not fit, with both hashes, or the file that is missing or damaged
 */
export async function openAnswers(
  named: NamedConfig,
  index: number,
  clean: AnyDataset,
): Promise<AnswerTable> {
  const { answers, fixed = false } = named.config.teachers[index]!
  const folder = new AnswerFolder(answers!)
  const manifest = await folder.manifest()
  if (manifest === undefined) {
    throw new KdError(
      `teachers.${index}.answers must be a folder that kd keep-answers wrote, got ${answers} without ${MANIFEST}`,
      { hint: await neighbours(answers!) },
    )
  }
  assertComplete(folder, manifest)
  assertFitsData(folder, manifest, clean)
  await assertTeacher(folder, manifest, named, index, clean)
  return AnswerTable.read(folder, { manifest, dataset: clean, fixed })
}

/** The folder that was meant is often one below. */
async function neighbours(path: string): Promise<string> {
  const found = await readdir(path).catch((): string[] => [])
  const folders = found.filter((name) => /^(answers|labels)-\d+$/.test(name)).map((name) => join(path, name))
  return folders.length === 0 ? 'make them with kd keep-answers CONFIG' : `name one of ${folders.join(', ')}`
}

/**
 * Checks that no shard is missing.
 *
 * @throws {@link KdError} saying how many shards there should be
 */
export function assertComplete({ path }: AnswerFolder, manifest: AnswerManifest): void {
  if (isComplete(manifest)) return
  const wanted = answerSplits.reduce((sum, split) => sum + shardCount(manifest, split), 0)
  throw new KdError(`kept answers of ${path} must be complete, got fewer than their ${wanted} shards`, {
    hint: 'run the same kd keep-answers again: it goes on where it was',
  })
}

function assertFitsData(
  { path }: AnswerFolder,
  { dataset, splits }: AnswerManifest,
  clean: AnyDataset,
): void {
  const mismatch = (what: string, ofAnswers: unknown, ofData: unknown): KdError =>
    new KdError(
      `kept answers of ${path} must be of the data of this run: their ${what} ${show(ofAnswers)}, the data have ${show(ofData)}`,
      {
        hint: 'ask about these data anew, with the same dataset and dataset.seed as the run',
      },
    )
  const { task = 'classification', classNames } = dataset
  if (task !== taskOf(clean).name) throw mismatch('task is', task, taskOf(clean).name)
  if (classNames.length !== clean.classNames.length)
    throw mismatch('logits are of so many classes:', classNames.length, clean.classNames.length)
  const other = classNames.findIndex((name, at) => name !== clean.classNames[at])
  if (other !== -1) throw mismatch(`class ${other} is`, classNames[other], clean.classNames[other])
  for (const key of ['inputShape', 'normalization'] as const) {
    if (JSON.stringify(dataset[key]) !== JSON.stringify(ordered(clean)[key]))
      throw mismatch(`${key} is`, dataset[key], clean[key])
  }
  if (splits.train === undefined) throw mismatch('splits are', Object.keys(splits), ['train'])
  for (const split of answerSplits) {
    const [kept, examples] = [splits[split], clean[split]]
    if (kept === undefined || examples === undefined) continue
    const hash = inputsHash(examples)
    if (kept.data !== hash) throw mismatch(`${split} split has the SHA-256`, kept.data, hash)
  }
}

/** Keys in the order of a manifest. */
function ordered({
  inputShape,
  normalization: { mean, standardDeviation },
}: AnyDataset): Pick<AnyDataset, 'inputShape' | 'normalization'> {
  return { inputShape, normalization: { mean, standardDeviation } }
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function assertTeacher(
  { path }: AnswerFolder,
  { teacher: asked }: AnswerManifest,
  named: NamedConfig,
  index: number,
  clean: AnyDataset,
): Promise<void> {
  const { config } = named
  const teacher = config.teachers[index]!
  const compare = (what: string, ofAnswers: string | undefined, ofTeacher: string): void => {
    if (ofAnswers === ofTeacher) return
    throw new KdError(
      `kept answers of ${path} must be of teachers.${index}: their teacher has the ${what} ${ofAnswers ?? 'none'}, this one has ${ofTeacher}`,
      { hint: 'ask this teacher anew, or name the answers alone to take them as they are' },
    )
  }
  if (teacher.training !== undefined) {
    const data = dataHash(await recipeData(config, teacher, clean))
    compare('recipe', asked.recipe, teacherIdentity({ config, teacher, index, data }))
  } else {
    const hash = await givenHash(named, teacher, index, clean)
    if (hash !== undefined) compare('weights', asked.weights, hash)
  }
}

/** Hashes the weights of a teacher that is there. */
async function givenHash(
  named: NamedConfig,
  teacher: TeacherConfig,
  index: number,
  clean: AnyDataset,
): Promise<string | undefined> {
  const ofFile = await teacherFileHash(teacher)
  if (ofFile !== undefined) return ofFile
  if (teacher.run === undefined && teacher.weights === undefined) return undefined
  const model =
    teacher.run === undefined
      ? teacherModel(named, index, clean)
      : await loadModel(join(teacher.run, 'student'))
  try {
    if (teacher.weights !== undefined) await loadWeights(model, teacher.weights)
    return await weightsHash(model)
  } finally {
    model.dispose()
  }
}
