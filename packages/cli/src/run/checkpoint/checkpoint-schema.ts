import type { TrainingProgress } from '@kd/core'
import * as z from 'zod'

/** Unlike z.number() with NaN and infinities. */
const number = z.custom<number>((value) => typeof value === 'number', 'must be a number')
const count = z.int().min(0)
const text = z.string().max(200)

const figures = z.record(z.string(), number)

const epochSchema = z.looseObject({
  epoch: count,
  steps: count,
  seconds: number,
  learningRate: number,
  train: z.looseObject({ loss: number, parts: figures, figures }),
  validation: figures.optional(),
})

const progressSchema = z.strictObject({
  optimizer: text,
  method: text,
  epoch: count,
  step: count,
  running: z
    .strictObject({
      seconds: number,
      learningRate: number,
      figures: z.array(z.string()),
      parts: z.array(z.string()),
      sums: z.array(number),
      examples: count,
    })
    .refine(
      (running) => running.sums.length === 1 + running.figures.length + running.parts.length,
      'must have a sum for the loss, each figure and each part',
    )
    .optional(),
  history: z.array(epochSchema),
  best: z.strictObject({ epoch: count, validation: figures }).optional(),
})

/** What a checkpoint's manifest must look like. */
export const checkpointSchema: z.ZodType<CheckpointManifest> = z.strictObject({
  format: z.literal('kd-checkpoint'),
  version: z.literal(1),
  identity: z.string().regex(/^[0-9a-f]{64}$/),
  who: text,
  metricsBytes: count,
  seconds: number,
  progress: progressSchema as unknown as z.ZodType<TrainingProgress>,
})

/** Everything in a checkpoint that is not a tensor. */
export interface CheckpointManifest {
  readonly format: 'kd-checkpoint'
  readonly version: 1
  /** Hash of everything that the training depends on: config, data, teachers. */
  readonly identity: string
  /** Which training of the run: `student`, `teacher-1`, ... */
  readonly who: string
  /** How long metrics.jsonl was: what lies behind it is of steps that will be taken again. */
  readonly metricsBytes: number
  /** Wall time of the run until then. */
  readonly seconds: number
  readonly progress: TrainingProgress
}
