import {
  distill,
  type DistillationOptions,
  type EpochMetrics,
  type ModelInput,
  type TrainingCheckpoint,
} from '@kd/core'
import { expect } from 'vitest'

/** What a run ends with, in plain numbers. */
interface Outcome {
  readonly history: unknown
  readonly ended: string
  readonly examples: unknown
  readonly weights: readonly (readonly number[])[]
  readonly bestEpoch: number | undefined
  readonly bestWeights: readonly (readonly number[])[]
  /** Weights of the teachers that are models, by their number: some of them may learn. */
  readonly teacherWeights: ReadonlyMap<number, readonly (readonly number[])[]>
  /** Every epoch that the callback was told of, by its number. */
  readonly heard: ReadonlyMap<number, unknown>
}

/**
 * Checks that a run which goes on from any checkpoint ends as the run that was never interrupted. History, values of single examples,
 * the weights of the last and the best epoch, the weights of teachers, and what `onEpochEnd` hears must have the same bits. Once it also
 * checks that a second run with the same method and optimizer objects ends with those bits, since neither may keep anything.
 *
 * @param makeOptions - makes the options of one run; called anew for each, since a run changes its models
 * @returns how many interruptions were tried
 */
export async function expectSameAfterResume<Student extends ModelInput>(
  makeOptions: () => DistillationOptions<Student>,
): Promise<number> {
  const checkpoints: TrainingCheckpoint[] = []
  const options = makeOptions()
  const whole = await outcome(options, async (checkpoint) => void checkpoints.push(await checkpoint()))
  const { method, optimizer } = options
  expect(await outcome({ ...makeOptions(), method, optimizer }), 'same method and optimizer').toEqual(whole)
  for (const checkpoint of checkpoints) {
    const { epoch, step } = checkpoint.progress
    const resume = { ...checkpoint, progress: JSON.parse(JSON.stringify(checkpoint.progress)) as never }
    const resumed = await outcome({ ...makeOptions(), resume })
    const heard = new Map([...whole.heard].filter(([number]) => number >= epoch))
    expect(resumed, `resumed in epoch ${epoch} after step ${step}`).toEqual({ ...whole, heard })
  }
  return checkpoints.length
}

async function outcome<Student extends ModelInput>(
  options: DistillationOptions<Student>,
  onCheckpoint?: (take: () => Promise<TrainingCheckpoint>) => Promise<void>,
): Promise<Outcome> {
  const heard = new Map<number, unknown>()
  const { student, history, ended, best, examples } = await distill({
    ...options,
    callbacks: {
      onEpochEnd: (metrics) => void heard.set(metrics.epoch, withoutTime(metrics)),
      ...(onCheckpoint && { onCheckpoint: ({ take }) => onCheckpoint(take) }),
    },
  })
  const weights = weightsOf(student)
  best?.restore()
  return {
    history: history.map(withoutTime),
    ended,
    examples,
    weights,
    bestEpoch: best?.epoch,
    bestWeights: weightsOf(student),
    teacherWeights: new Map(
      (options.teachers ?? []).flatMap((teacher, index) =>
        'weights' in teacher ? [[index, weightsOf(teacher)] as const] : [],
      ),
    ),
    heard,
  }
}

function weightsOf(model: ModelInput): number[][] {
  const weights = 'getWeights' in model ? model.getWeights() : model.weights
  return weights.map((weight) => Array.from(weight.dataSync<'float32'>()))
}

function withoutTime({ seconds, ...metrics }: EpochMetrics): unknown {
  expect(seconds).toBeGreaterThan(0)
  return metrics
}
