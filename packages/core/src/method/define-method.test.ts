import { methodBatch, noiseDataset, noiseNetwork, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod/mini'
import { InvalidArgumentError } from '../errors.js'
import {
  choice,
  count,
  flag,
  fraction,
  option,
  optionalOption,
  positive,
  weight,
} from '../options/options.js'
import { sgd } from '../optimizer/sgd.js'
import { distill } from '../training/distill.js'
import type { DistillationOptions } from '../training/distillation-options.js'
import { defineMethod, defineWrapper, type OptionsOf } from './define-method.js'
import { labelLoss } from './label-loss.js'
import type { Method } from './method.js'
import { wrapMethod } from './wrap-method.js'

const scaled = defineMethod({
  name: 'scaled-loss',
  summary: 'the labels, scaled',
  source: 'nobody',
  options: {
    scale: weight(2, 'what it is multiplied by'),
    width: positive(1, 'a width'),
    share: fraction(0.5, 'a share', { above: true }),
    steps: count(3, 'how many steps', 2),
    mode: choice(['soft', 'hard'], 'soft', 'how'),
    isLoud: flag(false, 'whether'),
    limit: optionalOption(z.number(), 'a limit; none without it'),
  },
  needs: ({ mode }) => ({ teachers: mode === 'soft' ? 0 : 1, tasks: 'any' }),
  check: ({ scale, width }) => {
    if (scale > 10 * width)
      throw new InvalidArgumentError(`scaledLoss: scale must be at most 10 * width, got ${scale}`)
  },
  loss: ({ task, studentLogits, labels }, { scale }) => ({
    label: tf.mul(scale, task.labelLoss(studentLogits, labels)),
  }),
})

const step = methodBatch({ studentLogits: [[0, 0]], teacherLogits: [], labels: [1] })

const descriptionOf = ({ name, summary, source }: Pick<typeof scaled, 'name' | 'summary' | 'source'>) => ({
  name,
  summary,
  source,
})

describe('defineMethod', () => {
  it('gives a factory that describes itself, with needs at the defaults', () => {
    expect({ ...descriptionOf(scaled), needs: scaled.needs }).toEqual({
      name: 'scaled-loss',
      summary: 'the labels, scaled',
      source: 'nobody',
      needs: { teachers: 0, tasks: 'any' },
    })
    expect(z.parse(scaled.options, {})).toEqual({
      scale: 2,
      width: 1,
      share: 0.5,
      steps: 3,
      mode: 'soft',
      isLoud: false,
    })
    expectTypeOf<OptionsOf<typeof scaled>['mode']>().toEqualTypeOf<'soft' | 'hard' | undefined>()
  })

  it('fills in defaults, also where an option is undefined, and hands them to needs and loss', () => {
    const loss = (options?: OptionsOf<typeof scaled>): number =>
      startMethod(scaled(options), step).loss(step).dataSync()[0]!
    expect(loss()).toBeCloseTo(2 * Math.LN2, 6)
    expect(loss({ scale: undefined })).toBeCloseTo(2 * Math.LN2, 6)
    expect(loss({ scale: 3 })).toBeCloseTo(3 * Math.LN2, 6)
    expect(scaled({ mode: 'hard' }).needs.teachers).toBe(1)
    expect(scaled().name).toBe('scaled-loss')
  })

  it.each<[object, string]>([
    [{ scale: -1 }, 'scaledLoss: scale must be >= 0, got -1'],
    [{ width: 0 }, 'scaledLoss: width must be > 0, got 0'],
    [{ share: 0 }, 'scaledLoss: share must be > 0, got 0'],
    [{ share: 1.5 }, 'scaledLoss: share must be <= 1, got 1.5'],
    [{ steps: 1 }, 'scaledLoss: steps must be >= 2, got 1'],
    [{ steps: 2.5 }, 'scaledLoss: steps must be a whole number, got 2.5'],
    [{ scale: NaN }, 'scaledLoss: scale must be a number, got NaN'],
    [{ scale: '2' }, 'scaledLoss: scale must be a number, got 2'],
    [{ mode: 'loud' }, 'scaledLoss: mode must be soft or hard, got loud'],
    [{ isLoud: 'yes' }, 'scaledLoss: isLoud must be true or false, got yes'],
    [
      { scales: 2 },
      'scaledLoss: scales must not be given, got 2\n  the options are scale, width, share, steps, mode, isLoud, limit',
    ],
    [{ scale: 11 }, 'scaledLoss: scale must be at most 10 * width, got 11'],
    [[1], 'scaledLoss: options must be a map of keys and values, got [1]'],
  ])('refuses %o', (options, message) => {
    const make = (): unknown => scaled(options)
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect((error as Error).message).toBe(message)
    }
  })

  const either = defineMethod({
    name: 'either',
    summary: 'two kinds',
    options: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('fixed'), value: option(z.number(), 1, 'a value') }),
      z.strictObject({ kind: z.literal('learned'), rate: positive(0.1, 'a rate') }),
    ]),
    needs: ({ kind }) => ({ validation: kind === 'learned' }),
    loss: ({ labels }, options) => ({
      label: tf.mul(options.kind === 'fixed' ? options.value : options.rate, tf.onesLike(labels)),
    }),
  })

  it('takes a union of maps, and says no needs where an option has no default', () => {
    expect(either.needs).toBeUndefined()
    expect(either({ kind: 'learned' }).needs).toEqual({ validation: true })
    expect(
      startMethod(either({ kind: 'fixed' }), step)
        .loss(step)
        .dataSync()[0],
    ).toBe(1)
    expect(() => either({ kind: 'other' } as never)).toThrow(
      'either: kind must be fixed or learned, got other',
    )
    expect(() => either()).toThrow('either: kind must be fixed or learned, got undefined')
    expect(() => either({ kind: 'fixed', rate: 1 } as never)).toThrow(
      'either: rate must not be given, got 1\n  it is an option of kind learned; the options are kind, value',
    )
  })

  it('defines what goes around a method in the same words', () => {
    const halved = defineWrapper({
      name: 'by-share',
      summary: 'a share of it',
      options: { share: fraction(0.5, 'which share') },
      wrap: (method, { share }) =>
        wrapMethod(method, {
          name: `by-share(${method.name})`,
          needs: { tasks: 'any' },
          loss: (at, inner) => ({ label: tf.mul(share, inner(at)['label']!) }),
        }),
    })
    expect(descriptionOf(halved)).toEqual({ name: 'by-share', summary: 'a share of it', source: undefined })
    const method = halved(scaled(), { share: 0.25 })
    expect(method.name).toBe('by-share(scaled-loss)')
    expect(startMethod(method, step).loss(step).dataSync()[0]).toBeCloseTo(0.5 * Math.LN2, 6)
    expect(() => halved(scaled(), { share: 2 })).toThrow('byShare: share must be <= 1, got 2')
  })
})

describe('values of single examples', () => {
  const run = (options: Partial<DistillationOptions>): DistillationOptions => ({
    student: noiseNetwork(1),
    method: labelLoss(),
    dataset: noiseDataset,
    epochs: 2,
    batchSize: 16,
    optimizer: sgd(),
    learningRate: 0.1,
    ...options,
  })
  /** Weights by id, and from outputs the logit of the label. */
  const weighing = (length = (ids: Int32Array): number => ids.length) =>
    wrapMethod(labelLoss(), {
      name: 'weighing',
      needs: { exampleOutputs: true },
      start: () => ({
        examples: async (ids, outputs) => ({
          weight: Float32Array.from({ length: length(ids) }, (_, row) => 2 * ids[row]!),
          ...(outputs && {
            labelLogit: Float32Array.from(
              (await outputs.studentLogits.array()).map(
                (row, at) => row[noiseDataset.train.labels[ids[at]! / 3]!]!,
              ),
            ),
          }),
        }),
      }),
    })

  it('are in the result, in the order of the training split', async () => {
    const { examples } = await distill(run({ method: weighing() }))
    expect(examples).toEqual({ weight: Float32Array.from(noiseDataset.train.ids, (id) => 2 * id) })
    expect((await distill(run({}))).examples).toEqual({})
  })

  it('are there for callbacks, of the ids asked for, with the outputs if wanted', async () => {
    const ids = Int32Array.of(9, 0, 117)
    const student = noiseNetwork(1)
    const seen: unknown[] = []
    const onEpochEnd: NonNullable<DistillationOptions['callbacks']>['onEpochEnd'] = async (_, view) => {
      seen.push(await view.examples(ids))
      const { weight: weights, labelLogit } = await view.examples(ids, { outputs: true })
      const { inputs, labels } = noiseDataset.train
      const rows = [3, 0, 39]
      const points = tf.tensor2d(
        rows.flatMap((row) => [inputs[2 * row]!, inputs[2 * row + 1]!]),
        [3, 2],
      )
      const logits = (await (student.predict(points) as tf.Tensor2D).array()).map(
        (row, at) => row[labels[rows[at]!]!]!,
      )
      expect([...labelLogit!]).toEqual(logits.map(Math.fround))
      seen.push(weights)
      await expect(view.examples(Int32Array.of(1), { outputs: true })).rejects.toThrow(
        'examples: ids must be of the training split, got 1',
      )
    }
    await distill(run({ student, method: weighing(), epochs: 1, callbacks: { onEpochEnd } }))
    expect(seen).toEqual([{ weight: Float32Array.of(18, 0, 234) }, Float32Array.of(18, 0, 234)])
  })

  it('must be one for each example', async () => {
    await expect(distill(run({ method: weighing((ids) => ids.length - 1) }))).rejects.toThrow(
      'distill: weighing must give one value of weight for each of 40 examples, got 39',
    )
  })
})

describe('what is no method', () => {
  const old = { name: 'old', needs: {}, loss: () => ({}) } as unknown as Method
  const run = (method: Method): Promise<unknown> =>
    distill({
      student: noiseNetwork(1),
      method,
      dataset: noiseDataset,
      epochs: 1,
      optimizer: sgd(),
      learningRate: 0.1,
      batchSize: 16,
    })

  it('is refused by a run and by what goes around methods', async () => {
    await expect(run(old)).rejects.toThrow(
      /^distill: method must be a method with name, needs and start\(run\), got an object with name, needs, loss\n.*defineMethod/,
    )
    const around = defineWrapper({
      name: 'go-around',
      summary: 'does nothing',
      options: {},
      wrap: (method) => method,
    })
    expect(() => around(old)).toThrow('goAround: method must be a method with name')
    expect(() => around(labelLoss as unknown as Method)).toThrow('got a function')
  })

  it('is refused where it gives no phases when it starts', async () => {
    const empty = { name: 'empty', needs: {}, start: () => undefined } as unknown as Method
    await expect(run(empty)).rejects.toThrow('empty must give its phases when it starts, got nothing')
  })
})
