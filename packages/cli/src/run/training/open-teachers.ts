import { functionTeacher, KdError, taskOf, type AnyDataset, type Model, type Teacher } from '@kd/core'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { TeacherConfig } from '../../config/config-schema.js'
import { modelName } from '../../config/model-schema.js'
import type { NamedOptions } from '../../config/named-options.js'
import type { Plugin } from '../../config/plugin.js'
import { openAnswers } from './open-answers.js'
import type { RunTeacher } from '../answers/kept-answers.js'
import { recipeData } from '../data/prepare-dataset.js'
import { assertFits, teacherModel, type NamedConfig } from '../model/config-model.js'
import { readInputDescription } from '../model/input-description.js'
import { matchInput, matchNotes } from '../model/match-input.js'
import { loadModel, loadWeights } from '../model/saved-model.js'
import { dataHash } from '../origin/environment.js'
import { matchedTeacher } from './matched-teacher.js'
import { openTeacherFile } from './teacher-files/open-teacher-file.js'

/** A teacher, or one of the checkpoints of its recipe. */
export interface TeacherState {
  readonly teacher: RunTeacher
  /** The epoch of a checkpoint, from 1. */
  readonly epoch?: number
}

/** One entry of `teachers`, before its recipe has trained anything. */
export interface OpenTeacher {
  readonly teacher: TeacherConfig
  /** Its place in the config, from 0. */
  readonly index: number
  /** What reports call it. */
  readonly name: string
  /** One, or as many as there are checkpoints, the latest last. */
  readonly states: readonly TeacherState[]
  /** What its recipe trains it on, and the hash of that. */
  readonly recipe?: { readonly own: AnyDataset; readonly data: string }
  /** What to tell of it, such as of a run's student on other data than its own. */
  readonly notes?: readonly string[]
}

/**
 * Opens the teachers of a config: loads what is there, and makes the models that a recipe will train. Where one has kept answers,
 * these stand for it.
 *
 * @param named - the config, with its engine
 * @param clean - the data set before label noise
 * @returns one for each entry
 * @throws {@link KdError} naming what is not there, or does not fit
 */
export async function openTeachers(named: NamedConfig, clean: AnyDataset): Promise<OpenTeacher[]> {
  const opened: OpenTeacher[] = []
  for (const index of named.config.teachers.keys()) opened.push(await openTeacher(named, index, clean))
  return opened
}

/** Opens one teacher, see {@link openTeachers}. */
export async function openTeacher(
  named: NamedConfig,
  index: number,
  clean: AnyDataset,
): Promise<OpenTeacher> {
  const teacher = named.config.teachers[index]!
  if (teacher.answers !== undefined) {
    const table = await openAnswers(named, index, clean)
    return { teacher, index, name: `${table.name}, by its kept answers`, states: [{ teacher: table }] }
  }
  if (teacher.teacher !== undefined) {
    const brought = await broughtTeacher(named, teacher.teacher, clean)
    return { teacher, index, name: brought.name, states: [{ teacher: brought }] }
  }
  const file = await openTeacherFile(teacher, index, clean)
  if (file !== undefined) {
    const { teacher: opened, notes } = file
    return { teacher, index, name: opened.name, states: [{ teacher: opened }], notes }
  }
  await assertThere(teacher, index)
  if (teacher.run !== undefined) return { teacher, index, ...(await studentOfRun(teacher.run, index, clean)) }
  const name = modelName(teacher.model!)
  if (teacher.weights !== undefined) {
    const model = teacherModel(named, index, clean)
    await loadWeights(model, teacher.weights)
    return { teacher, index, name, states: [{ teacher: model }] }
  }
  const own = await recipeData(named.config, teacher, clean)
  const states = teacher.checkpoints?.map((epoch) => ({ teacher: teacherModel(named, index, clean), epoch }))
  return {
    teacher,
    index,
    name,
    states: states ?? [{ teacher: teacherModel(named, index, clean) }],
    recipe: { own, data: dataHash(own) },
  }
}

/** Frees the models that were opened. */
export function disposeTeachers(opened: readonly Pick<OpenTeacher, 'states'>[]): void {
  for (const { states } of opened) {
    for (const { teacher } of states) if ('dispose' in teacher) teacher.dispose?.()
  }
}

/** How many teachers a config makes: a recipe with checkpoints makes several. */
export function countTeachers(teachers: readonly TeacherConfig[]): number {
  return teachers.reduce((sum, { checkpoints }) => sum + (checkpoints?.length ?? 1), 0)
}

async function studentOfRun(
  run: string,
  index: number,
  clean: AnyDataset,
): Promise<Pick<OpenTeacher, 'name' | 'states' | 'notes'>> {
  const who = `teacher ${index + 1} (${run})`
  const found = await readInputDescription(run)
  const match = found && matchInput(found.description, clean, who)
  const model = await loadModel(join(run, 'student'))
  assertFits(model, clean, who)
  return {
    name: model.name,
    states: [{ teacher: match === undefined ? model : matchedTeacher(model, match, clean) }],
    notes: matchNotes(who, found?.isOld, match),
  }
}

async function broughtTeacher(
  { config, catalogue }: NamedConfig,
  { name, ...options }: NamedOptions,
  clean: AnyDataset,
): Promise<Teacher | Model> {
  const context = { dataset: clean, task: taskOf(clean), seed: config.seed }
  let made: Awaited<ReturnType<Required<Plugin>['teachers'][string]>>
  try {
    made = await catalogue.teachers[name]!(options, context)
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new KdError(`plugin: teacher ${name} must be made, got an error: ${reason}`, { cause: error })
  }
  if (typeof made === 'function') return functionTeacher(made, name)
  if (
    typeof made === 'object' &&
    (made as object | null) !== null &&
    ('answer' in made || 'forward' in made)
  ) {
    return made
  }
  throw new KdError(
    `plugin: teacher ${name} must be a function to logits, a teacher or a model, got ${made === null ? 'null' : typeof made}`,
  )
}

async function assertThere({ run, weights }: TeacherConfig, index: number): Promise<void> {
  const path = run === undefined ? weights : join(run, 'student', 'model.json')
  if (path === undefined || (await stat(path).catch(() => undefined)) !== undefined) return
  const rule =
    run === undefined ? 'weights must be a file' : 'run must be the folder of a run that has a student'
  throw new KdError(`teachers.${index}.${rule}, got no ${path}`)
}
