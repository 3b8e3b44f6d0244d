import { evaluate, KdError, type AnyDataset, type Figures } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { AnswerTable, type RunTeacher } from '../answers/kept-answers.js'
import { RunLog } from '../log/run-log.js'
import type { TeacherReport } from '../log/run-result.js'
import { teacherModel } from '../model/config-model.js'
import { teacherIdentity } from '../origin/identity.js'
import { openTeacher, type OpenTeacher, type TeacherState } from './open-teachers.js'
import type { RunContext } from './run-context.js'
import { SavedTeacher } from './saved-teacher.js'
import { sharedTeacherFolder } from './shared-teacher-folder.js'
import { knowsSplit } from './teacher-hash.js'
import { trainCheckpoints, trainTeacher } from './train-recipe.js'

/** A teacher ready to teach, and what is known of it before it does. */
export interface ReadyTeacher {
  readonly teacher: RunTeacher
  readonly report: Omit<TeacherReport, 'train'>
}

/**
 * Trains the teachers of a config that have recipes, and measures all.
 *
 * @param context - the run
 * @param clean - the data set before label noise
 * @param opened - its teachers
 * @returns undefined when the run was ended meanwhile
 */
export async function makeTeachers(
  context: RunContext,
  clean: AnyDataset,
  opened: readonly OpenTeacher[],
): Promise<ReadyTeacher[] | undefined> {
  const teachers: ReadyTeacher[] = []
  for (const open of opened) {
    await trainOpen(context, clean, open)
    if (context.signal?.aborted) return undefined
    for (const { teacher, epoch } of open.states) {
      const ownTrain =
        open.recipe && (await figuresOf(teacher, open.recipe.own, 'train', context.config.teacherTimeout))
      const isTested = clean.test !== undefined && knowsSplit(teacher, 'test')
      const test = isTested && (await figuresOf(teacher, clean, 'test', context.config.teacherTimeout))
      teachers.push({
        teacher,
        report: {
          model: epoch === undefined ? open.name : `${open.name} after epoch ${epoch}`,
          ...(ownTrain && { ownTrain }),
          ...(test && { test }),
        },
      })
    }
    if (!(open.states[0]!.teacher instanceof AnswerTable)) {
      const who = context.config.teachers.length > 1 ? `teacher ${open.index + 1}` : 'teacher'
      context.tell({ kind: 'trained', who })
    }
  }
  return teachers
}

/** What the task measures of a teacher on a split. */
export async function figuresOf(
  teacher: RunTeacher,
  dataset: AnyDataset,
  split: 'train' | 'test',
  teacherTimeout: number | undefined,
): Promise<Figures> {
  const options = { split, ...(teacherTimeout !== undefined && { teacherTimeout }) }
  return (await evaluate(teacher, dataset, options)).figures
}

/**
 * Trains an open teacher by its recipe, if it has one, or takes what was trained by the same recipe for all runs.
 *
 * @param context - the run
 * @param clean - the data set before label noise
 * @param open - its models are changed in place
 */
export async function trainOpen(context: RunContext, clean: AnyDataset, open: OpenTeacher): Promise<void> {
  const { teacher, index, recipe } = open
  if (recipe === undefined) return
  const saved = { states: open.states, index, data: recipe.data }
  if (await loadShared(context, open)) return
  let metricsBytes = await loadStates(context.folder, saved)
  if (metricsBytes === undefined) {
    const seed = teacher.seed ?? context.config.seed
    const training = { ...recipe, teacher, seed, index }
    if (teacher.checkpoints === undefined) {
      const model = open.states[0]!.teacher as LayersModel
      await trainTeacher(context, { ...training, model }, () => Promise.resolve())
      if (!context.signal?.aborted) await new SavedTeacher(context.folder, index).save(model, recipe.data)
    } else {
      await trainCheckpoints(context, { ...training, model: teacherModel(context, index, clean) })
      metricsBytes = await loadStates(context.folder, saved)
      if (metricsBytes === undefined && !context.signal?.aborted) {
        throw new KdError(
          `teacher ${index + 1} must reach its checkpoints ${teacher.checkpoints.join(', ')}, got an early stop before`,
          { hint: 'leave earlyStop out of its training' },
        )
      }
    }
  }
  context.checkpoints.beginNextFrom(metricsBytes ?? (await new RunLog(context.folder).bytes()))
}

/**
 * Loads a teacher that was trained by its recipe for all who need the same.
 *
 * @param context - of whoever needs it
 * @param clean - the data set before label noise
 * @param index - which teacher
 * @returns its models; undefined where nobody has trained it, or its file is damaged
 */
export async function loadTrained(
  context: Pick<RunContext, 'config' | 'catalogue' | 'teachersFolder'>,
  clean: AnyDataset,
  index: number,
): Promise<LayersModel[] | undefined> {
  const open = await openTeacher(context, index, clean)
  const models = open.states.map(({ teacher }) => teacher as LayersModel)
  if (await loadShared(context, open)) return models
  for (const model of models) model.dispose()
  return undefined
}

/** Where nobody trained it for all runs, or its file is damaged, a run trains its own: to the same bits. */
async function loadShared(
  { config, teachersFolder }: Pick<RunContext, 'config' | 'teachersFolder'>,
  { teacher, index, states, recipe }: OpenTeacher,
): Promise<boolean> {
  if (teachersFolder === undefined || recipe === undefined) return false
  const { data } = recipe
  const identity = teacherIdentity({ config, teacher, index, data })
  return (
    (await loadStates(sharedTeacherFolder(teachersFolder, identity), { states, index, data })) !== undefined
  )
}

/** How long metrics.jsonl was after the last of them; undefined unless all are there. */
async function loadStates(
  folder: RunContext['folder'],
  {
    states,
    index,
    data,
  }: { readonly states: readonly TeacherState[]; readonly index: number; readonly data: string },
): Promise<number | undefined> {
  let metricsBytes: number | undefined
  for (const { teacher, epoch } of states) {
    metricsBytes = await new SavedTeacher(folder, index, epoch).load(teacher as LayersModel, data)
    if (metricsBytes === undefined) return undefined
  }
  return metricsBytes
}
