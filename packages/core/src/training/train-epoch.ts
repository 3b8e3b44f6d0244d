import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { BatchSource } from '../dataset/batch-source.js'
import type { RandomSource } from '../random/random-source.js'
import type { LearningRateSchedule } from '../schedule/learning-rate-schedule.js'
import type { Predict } from './classifier.js'
import type { DistillationOptions } from './distillation-options.js'
import type { EpochMetrics } from './epoch-metrics.js'
import { seedDropout } from './seed-dropout.js'
import { StepStatistics } from './step-statistics.js'
import type { Teach } from './teacher-predictor.js'
import { trainStep } from './train-step.js'
import type { RunningEpoch } from './training-checkpoint.js'

/** A run made ready. */
export interface EpochSetup extends DistillationOptions {
  readonly batches: BatchSource
  readonly schedule: LearningRateSchedule
  readonly predict: Predict
  readonly teach: Teach
  readonly random: RandomSource
  /** Layers models in train mode, whose dropout draws. */
  readonly trainingTeachers: readonly LayersModel[]
}

/** Where in an epoch training begins, and who is told where it can be interrupted. */
export interface EpochStart {
  readonly epoch: number
  /** Steps that were taken before an interruption. */
  readonly step: number
  readonly running?: RunningEpoch
  /** Called after each step. */
  onCheckpoint?(step: number, running: () => Promise<RunningEpoch>): void | Promise<void>
}

/**
 * Takes every training batch once.
 *
 * @param setup - the run
 * @param start - which epoch, and from where
 * @returns the epoch's metrics without validation; undefined when the run was aborted
 */
export async function trainEpoch(setup: EpochSetup, start: EpochStart): Promise<EpochMetrics | undefined> {
  const { epoch } = start
  const { dataset, batchSize = 64, epochs, schedule, random, signal, callbacks, gradientClipping } = setup
  const stepSetup = { ...setup, inputShape: dataset.inputShape, gradientClipping }
  const stepsPerEpoch = Math.ceil(dataset.train.labels.length / batchSize)
  const statistics = new StepStatistics(epoch, start)
  const pause = eventLoopPause()
  const started = performance.now()
  let step = 0
  let learningRate = start.running?.learningRate ?? 0
  const seconds = (): number => (start.running?.seconds ?? 0) + (performance.now() - started) / 1000
  const running = async (): Promise<RunningEpoch> => {
    await statistics.flush(true)
    return { seconds: seconds(), learningRate, ...statistics.sums() }
  }
  try {
    for await (const batch of setup.batches.batches({ epoch, batchSize, random: random.split('data') })) {
      // Every batch depends on the epoch and its place alone: those of steps already taken are made and left.
      if (step < start.step) {
        step += 1
        continue
      }
      learningRate = schedule({ epoch, step, stepsPerEpoch, epochs })
      seedDropouts(setup, epoch, step)
      trainStep(stepSetup, batch, { epoch, learningRate }, statistics)
      step += 1
      await statistics.flush(false)
      await callbacks?.onStep?.({ epoch, epochs, step, stepsPerEpoch, loss: statistics.lastLoss })
      await pause()
      await start.onCheckpoint?.(step, running)
      if (signal?.aborted) return undefined
    }
    await statistics.flush(true)
  } finally {
    statistics.dispose()
  }
  return { epoch, steps: step, seconds: seconds(), learningRate, train: statistics.means() }
}

function seedDropouts({ student, trainingTeachers, random }: EpochSetup, epoch: number, step: number): void {
  const ofStep = random.split('dropout').split(epoch).split(step)
  seedDropout(student, ofStep)
  trainingTeachers.forEach((teacher, index) => {
    seedDropout(teacher, ofStep.split('teacher').split(index))
  })
}

/** Milliseconds after which signals, timers and progress get a turn. */
const TURN = 20

/** Steps are synchronous work: without a pause Ctrl-C and progress would wait for the end of the epoch. */
function eventLoopPause(): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < TURN) return
    await new Promise<void>((resolve) => {
      if (typeof setImmediate === 'function') setImmediate(resolve)
      else setTimeout(resolve, 0)
    })
    last = performance.now()
  }
}
