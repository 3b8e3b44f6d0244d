import { selectEngine } from '@kd/core'
import { methodBatch, startMethod } from '@kd/testing'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeMethod, methods, methodSchema } from '../../config/methods.js'
import { runDistillation } from '../run-distillation.js'
import { exampleImages } from './example-image.js'
import { spreadOf } from '../log/spread.js'

beforeAll(() => selectEngine('cpu'))

const wrongLabel = 0.236883

describe('what a method does to single examples', () => {
  // The teacher says 0 of both: wrong for the first example.
  const seen = methodBatch({
    studentLogits: [
      [0.5, 1.5, 0.2, -0.3],
      [0.5, 1.5, 0.2, -0.3],
    ],
    teacherLogits: [
      [
        [2, 1, 0, -1],
        [2, 1, 0, -1],
      ],
    ],
    labels: [1, 0],
  })
  const valuesOf = async (config: object): Promise<Readonly<Record<string, Float32Array>>> => {
    const method = makeMethod(methodSchema(methods).parse(config), methods)
    return (await startMethod(method, seen).running.examples?.(seen.ids, seen)) ?? {}
  }

  it('is, of Label Revision, the probability that it moves, at the temperature of its form', async () => {
    // [0.643914, 0.236883, …] becomes [0.366112, 0.566112, …] for the label 1, see the test of labelRevision.
    const { movedProbability: moved } = await valuesOf({ name: 'label-revision', loss: 'mse' })
    expect(moved![0]).toBeCloseTo(0.566112 - wrongLabel, 5)
    // Right, so that it is left as it was.
    expect(moved![1]).toBe(0)
    // softmax of [0.5, 0.25, 0, -0.25] = [0.350, 0.272, …]: revised by 0.8 / (0.350 - 0.272 + 1).
    const e = Math.exp
    const total = e(0.5) + e(0.25) + 1 + e(-0.25)
    const beta = 0.8 / ((e(0.5) - e(0.25)) / total + 1)
    const soft = await valuesOf({ name: 'label-revision', loss: 'kl', temperature: 4 })
    expect(soft['movedProbability']![0]).toBeCloseTo((1 - beta) * (1 - e(0.25) / total), 5)
  })

  it('is, of Weighted Soft Labels, the weight, of a revised teacher where there is one', async () => {
    const plain = await valuesOf({ name: 'weighted-soft-labels', temperature: 4 })
    expect(Object.keys(plain)).toEqual(['softLabelWeight'])
    // As in the example of softLabelWeights.
    expect(plain['softLabelWeight']![0]).toBeCloseTo(0.3365691, 6)
    const reviseTeacher = { eta: 0.8, scope: 'wrong-only' }
    const revised = await valuesOf({ name: 'weighted-soft-labels', temperature: 1, reviseTeacher })
    const weight = 1 - Math.exp(-Math.log(0.553799) / Math.log(0.566112))
    expect(revised['softLabelWeight']![0]).toBeCloseTo(weight, 4)
    expect(revised['softLabelWeight']![1]).toBe(plain['softLabelWeight']![1])
    expect(revised['movedProbability']![0]).toBeCloseTo(0.566112 - wrongLabel, 5)
  })

  it('is nothing for a method that treats all alike', async () => {
    expect(await valuesOf({ name: 'vanilla-kd' })).toEqual({})
  })
})

describe('spreadOf', () => {
  it('counts in equal bars, the greatest in the last one', () => {
    expect(spreadOf([0, 0.1, 0.6, 1], 2)).toEqual({
      mean: 0.425,
      standardDeviation: expect.closeTo(0.4023, 4) as number,
      histogram: { min: 0, max: 1, counts: [2, 2] },
    })
    expect(spreadOf([3, 3], 2).histogram).toEqual({ min: 3, max: 3, counts: [2, 0] })
  })
})

describe('exampleImages', () => {
  it('makes large images smaller, each pixel the mean of those that it stands for', () => {
    const [height, width] = [100, 194]
    const inputs = Uint8Array.from({ length: height * width }, (_, at) => (at % 2 === 0 ? 0 : 200))
    const train = { inputs, labels: Int32Array.of(0), ids: Int32Array.of(0) }
    const normalization = { mean: [0], standardDeviation: [1] }
    const dataset = { name: 'large', inputShape: [height, width, 1], classNames: ['a'], normalization, train }
    const image = decode(Buffer.from(exampleImages(dataset)(0)!, 'base64'))
    expect([image.width, image.height]).toEqual([64, 33])
    // Of nine pixels in three rows of three that alternate, 3 or 6 are light; the width is even, so rows are alike.
    expect(new Set(image.data)).toEqual(new Set([85, 170]))
  })
})

describe('a run', () => {
  it('keeps what Data Selection chose, and what its method made of examples after each epoch', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kd-diagnostics-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const out = join(folder, 'run')
    await runDistillation(
      {
        dataset: { name: 'digits', take: { train: 100, test: 30 } },
        teachers: [
          {
            model: { name: 'mlp', hiddenUnits: [8] },
            labelNoise: { kind: 'symmetric', rate: 0.5 },
            training: { epochs: 2 },
          },
        ],
        student: { model: { name: 'mlp', hiddenUnits: [8] } },
        method: {
          name: 'label-revision',
          selection: { score: 'margin', model: 'student', every: 2, fraction: 0.6 },
        },
        training: { epochs: 3 },
        engine: 'cpu',
      },
      { out },
    )
    const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ kind, epoch }) => `${String(kind)} ${String(epoch)}`)).toEqual([
      ...['examples 1', 'epoch 1', 'examples 2', 'epoch 2', 'examples 3', 'epoch 3', 'result undefined'],
    ])
    const { examples, shares, spreads } = lines[0] as {
      examples: number
      shares: Record<string, number>
      spreads: Record<string, { mean: number }>
    }
    expect(examples).toBe(100)
    expect(Object.keys(shares)).toEqual(['studentSaysLabel', 'studentRepeatsTeachersMistake'])
    expect(Object.keys(spreads).sort()).toEqual(['movedProbability', 'selected', 'selectionScore'])
    expect(spreads['selected']!.mean).toBeCloseTo(0.6, 6)
    expect(spreads['movedProbability']!.mean).toBeGreaterThan(0)

    // The highest scores of the last choice are chosen, and the diagnostics are of it.
    const [head, ...rows] = (await readFile(join(out, 'examples.csv'), 'utf8')).trim().split('\n')
    expect(head).toBe('id,label,selectionScore,selected')
    const table = rows.map((row) => row.split(',').map(Number) as [number, number, number, number])
    expect(table).toHaveLength(100)
    const sorted = [...table].sort((a, b) => b[2] - a[2])
    expect(sorted.map(([, , , selected]) => selected)).toEqual([
      ...Array<number>(60).fill(1),
      ...Array<number>(40).fill(0),
    ])
    const diagnostics = JSON.parse(await readFile(join(out, 'diagnostics.json'), 'utf8')) as {
      measures: { name: string; highest: { id: number; value: number }[] }[]
      classCounts: { name: string; counts: number[] }[]
    }
    expect(diagnostics.measures.map(({ name }) => name)).toEqual([
      'teacher’s probability of the label',
      'moved probability',
      'selection score',
      'selected',
    ])
    const score = diagnostics.measures.find(({ name }) => name === 'selection score')!
    expect(score.highest.map(({ value }) => value)).toEqual(sorted.slice(0, 12).map(([, , value]) => value))
    const moved = diagnostics.measures.find(({ name }) => name === 'moved probability')!
    expect(moved.highest[0]!.value).toBeGreaterThan(0)
    const counts = new Map(
      diagnostics.classCounts.map((count) => [count.name, count.counts.reduce((sum, of) => sum + of, 0)]),
    )
    expect(counts.get('selected above 0')).toBe(60)
    expect(counts.get('moved probability above 0')).toBeGreaterThan(0)
  })
})
