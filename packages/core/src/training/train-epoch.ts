import type { EpochMetrics } from './epoch-metrics.js'
import { eventLoopPause } from './event-loop-pause.js'
import type { RunState } from './run-state.js'
import { StepStatistics } from './step-statistics.js'
import { trainStep } from './train-step.js'
import type { RunningEpoch } from './training-checkpoint.js'

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
 * @param run - the run
 * @param start - which epoch, and from where
 * @returns the epoch's metrics without validation; undefined when the run was aborted
 */
export async function trainEpoch(run: RunState, start: EpochStart): Promise<EpochMetrics | undefined> {
  const { epoch } = start
  const { batches, batchSize, stepsPerEpoch, random } = run
  const { epochs, signal, callbacks } = run.options
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
    for await (const batch of batches.batches({ epoch, batchSize, random: random.split('data') })) {
      // Every batch depends on the epoch and its place alone: those of steps already taken are made and left.
      if (step < start.step) {
        step += 1
        continue
      }
      seedModels(run, epoch, step)
      learningRate = await trainStep(run, batch, { epoch, step }, statistics)
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

function seedModels({ student, changingTeachers, random }: RunState, epoch: number, step: number): void {
  const ofStep = random.split('dropout').split(epoch).split(step)
  student.seed?.(ofStep)
  for (const [index, teacher] of changingTeachers) teacher.seed?.(ofStep.split('teacher').split(index))
}
