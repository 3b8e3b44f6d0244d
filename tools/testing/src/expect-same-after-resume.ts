import { distill, type DistillationOptions, type EpochMetrics, type TrainingCheckpoint } from '@kd/core'
import { expect } from 'vitest'

/** What a run ends with, in plain numbers. */
interface Outcome {
  readonly history: unknown
  readonly ended: string
  readonly weights: readonly (readonly number[])[]
  readonly bestEpoch: number | undefined
  readonly bestWeights: readonly (readonly number[])[]
  /** Every epoch that the callback was told of, by its number. */
  readonly heard: ReadonlyMap<number, unknown>
}

/**
 * Checks that a run which goes on from any checkpoint ends as the run that was never interrupted: same bits in history,
 * weights of the last and the best epoch, and in what `onEpochEnd` hears.
 *
 * @param makeOptions - options of one run; called anew for each, since models, optimizers and methods keep state
 * @returns how many interruptions were tried
 */
export async function expectSameAfterResume(makeOptions: () => DistillationOptions): Promise<number> {
  const checkpoints: TrainingCheckpoint[] = []
  const whole = await outcome(makeOptions(), async (checkpoint) => void checkpoints.push(await checkpoint()))
  for (const checkpoint of checkpoints) {
    const { epoch, step } = checkpoint.progress
    const resume = { ...checkpoint, progress: JSON.parse(JSON.stringify(checkpoint.progress)) as never }
    const resumed = await outcome({ ...makeOptions(), resume })
    const heard = new Map([...whole.heard].filter(([number]) => number >= epoch))
    expect(resumed, `resumed in epoch ${epoch} after step ${step}`).toEqual({ ...whole, heard })
  }
  return checkpoints.length
}

async function outcome(
  options: DistillationOptions,
  onCheckpoint?: (take: () => Promise<TrainingCheckpoint>) => Promise<void>,
): Promise<Outcome> {
  const heard = new Map<number, unknown>()
  const { student, history, ended, best } = await distill({
    ...options,
    callbacks: {
      onEpochEnd: (metrics) => void heard.set(metrics.epoch, withoutTime(metrics)),
      ...(onCheckpoint && { onCheckpoint: ({ take }) => onCheckpoint(take) }),
    },
  })
  const weightsNow = (): number[][] =>
    student.getWeights().map((weight) => Array.from(weight.dataSync<'float32'>()))
  const weights = weightsNow()
  best?.restore()
  const bestWeights = weightsNow()
  return { history: history.map(withoutTime), ended, weights, bestEpoch: best?.epoch, bestWeights, heard }
}

function withoutTime({ seconds, ...metrics }: EpochMetrics): unknown {
  expect(seconds).toBeGreaterThan(0)
  return metrics
}
