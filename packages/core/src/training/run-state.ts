import type { Variable } from '@tensorflow/tfjs-core'
import type { BatchSource } from '../dataset/batch-source.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { InvalidArgumentError } from '../errors.js'
import { disposeMethod, phaseName, type Phase, type RunningMethod } from '../method/method.js'
import { passFeatures } from '../method/needs.js'
import type { Mode, Model, ModelInput } from '../model/model.js'
import type { RunningOptimizer } from '../optimizer/optimizer.js'
import { randomSource, type RandomSource } from '../random/random-source.js'
import type { LearningRateSchedule } from '../schedule.js'
import type { Figures, Task } from '../task/task.js'
import type { Teacher } from '../teacher/teacher.js'
import { BestEpochTracker } from './best-epoch.js'
import { askOptions, checkParts } from './check-parts.js'
import { startRunMethod } from './check-run.js'
import { DEFAULT_BATCH_SIZE, type DistillationOptions } from './distillation-options.js'
import type { EpochMetrics } from './epoch-metrics.js'
import { TeacherAnswers } from './teacher-answers.js'

/** A phase of the method with what the loop keeps for it. */
export interface RunningPhase extends Omit<Phase, 'optimizer' | 'learningRate'> {
  readonly name: string
  readonly optimizer: { readonly name: string; readonly running: RunningOptimizer }
  readonly schedule: LearningRateSchedule
  /** The variables that it trains, in a fixed order. */
  trained(): readonly Variable[]
}

/** Everything of a run: what stays, and what changes from step to step. */
export interface RunState {
  readonly options: DistillationOptions<ModelInput>
  readonly task: Task
  readonly student: Model
  readonly teachers: readonly Teacher[]
  readonly method: RunningMethod
  readonly phases: readonly RunningPhase[]
  readonly answers: TeacherAnswers
  readonly batches: BatchSource
  readonly batchSize: number
  readonly stepsPerEpoch: number
  readonly random: RandomSource
  /** Features of the student that passes between epochs have. */
  readonly passFeatures: readonly string[]
  /** Teachers whose weights change: those that learn, and all in another mode than `'eval'`. By their number. */
  readonly changingTeachers: ReadonlyMap<number, Model>
  readonly tracker: BestEpochTracker
  readonly history: EpochMetrics[]
  /** Each teacher on the training split, where its answers were kept. */
  readonly teacherTrainMetrics: readonly Figures[] | undefined
  /** Frees what the run made. */
  dispose(): void
}

/**
 * Checks the parts of a run, starts its method and its optimizers, and asks the teachers whose answers can be kept.
 *
 * @param options - of `distill`
 * @returns the run before its first step
 * @throws as `checkRun`
 */
export async function startRun(options: DistillationOptions<ModelInput>): Promise<RunState> {
  const { dataset, method, batchSize = DEFAULT_BATCH_SIZE, teacherMode = 'eval' } = options
  const checked = await checkParts(options)
  const { student, teachers, task } = checked
  const batches = options.batches ?? memoryBatches(dataset)
  const random = randomSource(options.seed ?? 0)
  const running = startRunMethod(options, checked, random)
  const monitor = options.monitor ?? task.monitor
  const phases: RunningPhase[] = []
  const dispose = (): void => {
    for (const { optimizer } of phases) optimizer.running.dispose()
    disposeMethod(running)
  }
  const answers = new TeacherAnswers({
    dataset,
    task,
    teachers,
    needs: method.needs,
    mode: teacherMode,
    augments: batches.augments,
    asked: (index) => askOptions(options, task, index),
  })
  try {
    phases.push(...startPhases(options, running, { student, teachers }))
    return {
      options,
      task,
      student,
      teachers,
      method: running,
      phases,
      answers,
      batches,
      batchSize,
      stepsPerEpoch: Math.ceil(dataset.train.ids.length / batchSize),
      random,
      passFeatures: passFeatures(method.needs, teachers.length).student,
      changingTeachers: changingTeachers(teachers, teacherMode, method.needs.learningTeachers),
      tracker: new BestEpochTracker(student, { figure: monitor, better: task.kinds[monitor]!.better }),
      history: [],
      teacherTrainMetrics: await answers.keep(),
      dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}

/** Finds the teachers whose weights or statistics change during the run. */
function changingTeachers(
  teachers: readonly Teacher[],
  mode: Mode,
  learning: readonly number[] = [],
): Map<number, Model> {
  return new Map(
    [...teachers.entries()].flatMap(([index, { model }]): [number, Model][] =>
      model !== undefined && (mode === 'train' || learning.includes(index)) ? [[index, model]] : [],
    ),
  )
}

function startPhases(
  options: DistillationOptions<ModelInput>,
  running: RunningMethod,
  learners: { readonly student: Model; readonly teachers: readonly Teacher[] },
): RunningPhase[] {
  const { phases, variables = {} } = running
  if (!phases.some(({ learner }) => learner === 'student')) {
    throw new InvalidArgumentError(
      `distill: ${options.method.name} must have a phase of the student, got none`,
    )
  }
  const names = phases.map(phaseName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new InvalidArgumentError(
      `distill: phases of ${options.method.name} must have different names, got ${twice} twice`,
    )
  }
  const named = new Set(phases.flatMap((phase) => phase.variables ?? []))
  const others = Object.keys(variables).filter((name) => !named.has(name))
  const taker =
    phases.find((phase) => phase.learner === 'method' && phase.variables === undefined) ??
    phases.find((phase) => phase.learner === 'student' && phase.variables === undefined)
  return phases.map((phase) => {
    const { learner } = phase
    const ofMethod = [...(phase.variables ?? []), ...(phase === taker ? others : [])].map((name) => {
      const variable = variables[name]
      if (variable !== undefined) return variable
      throw new InvalidArgumentError(
        `distill: phase ${phaseName(phase)} must train variables of ${options.method.name}, got ${name}`,
      )
    })
    const model =
      learner === 'student'
        ? learners.student
        : learner === 'method'
          ? undefined
          : learners.teachers[learner]?.model
    if (model === undefined && ofMethod.length === 0) {
      throw new InvalidArgumentError(
        `distill: phase ${phaseName(phase)} of ${options.method.name} must have variables to train, got none`,
      )
    }
    const rate = phase.learningRate ?? options.learningRate
    const optimizer = phase.optimizer ?? options.optimizer
    return {
      ...phase,
      name: phaseName(phase),
      loss: (step) => phase.loss(step),
      optimizer: { name: optimizer.name, running: optimizer.start() },
      schedule: typeof rate === 'number' ? () => rate : rate,
      trained: () => [...(model?.variables ?? []), ...ofMethod],
    }
  })
}
