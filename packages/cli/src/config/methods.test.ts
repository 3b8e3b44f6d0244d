import { isMethodFactory, type Method } from '@kd/core'
import * as features from '@kd/features'
import * as losses from '@kd/losses'
import * as mixing from '@kd/meta-mixing'
import { methodBatch, startMethod } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { hasTeacher, makeMethod, methodSchema, methods } from './methods.js'

const names = Object.keys(methods)

const batch = methodBatch({
  studentLogits: [
    [0.5, 1.5, 0.2, -0.3],
    [1, -1, 2, 0],
    [0.1, 0.4, -0.2, 0.9],
  ],
  // Wrong on the second example, so that revision matters.
  teacherLogits: [
    [
      [2, 1, 0, -1],
      [3, 0, 1, -2],
      [0, 2, 1, 3],
    ],
  ],
  labels: [0, 2, 3],
})
const lossOf = (method: Method): number => startMethod(method, batch).loss(batch).dataSync()[0]!
const fromConfig = (config: object): Method => makeMethod(methodSchema(methods).parse(config), methods)

describe('methods', () => {
  it.each(names)('%s bears the name of its method, and says what it is and what its options are', (name) => {
    expect(fromConfig({ name }).name).toBe(name)
    const { summary, options } = methods[name]!
    expect(summary).toMatch(/\w/)
    expect(options).toBeDefined()
  })

  it('knows which have a teacher without making them', () => {
    const alone = names.filter((name) => (fromConfig({ name }).needs.teachers ?? 0) === 0)
    expect(names.filter((name) => !hasTeacher(methods[name]!))).toEqual(alone)
    expect(alone).toContain('label-loss')
  })

  it('are those that their packages export, and label-loss', () => {
    const exported = [losses, mixing, features].flatMap((all) =>
      Object.values<unknown>(all).filter(isMethodFactory),
    )
    expect(exported.length).toBeGreaterThan(20)
    expect(names).toEqual(['label-loss', ...exported.map(({ name }) => name)])
  })

  const factories: Record<string, () => Method> = {
    'vanilla-kd': losses.vanillaKd,
    'label-revision': losses.labelRevision,
    'weighted-soft-labels': losses.weightedSoftLabels,
    'label-smoothing': losses.labelSmoothing,
    'teacher-free': losses.teacherFree,
    'response-correction': losses.responseCorrection,
    swap: losses.swap,
    'refined-logits': losses.refinedLogits,
    'decoupled-kd': losses.decoupledKd,
    'dist-kd': losses.distKd,
    'normalized-kd': losses.normalizedKd,
    'logit-standardization': losses.logitStandardization,
    'multi-level-logit': losses.multiLevelLogit,
    'transformed-teacher-matching': losses.transformedTeacherMatching,
    'adaptive-mixing': mixing.adaptiveMixing,
    'fixed-mixing': mixing.fixedMixing,
    'meta-weight-net': mixing.metaWeightNet,
    'uncertainty-weighting': mixing.uncertaintyWeighting,
    'curriculum-temperature': mixing.curriculumTemperature,
  }
  it.each(Object.keys(factories))('%s has the defaults of its factory', (name) => {
    const late = { ...batch, epoch: 100 }
    const total = (method: Method): number => startMethod(method, late).loss(late).dataSync()[0]!
    expect(total(fromConfig({ name }))).toBe(total(factories[name]!()))
    expect(lossOf(fromConfig({ name }))).toBe(lossOf(factories[name]!()))
  })

  it('has the defaults of the other forms', () => {
    const revision = { name: 'label-revision', loss: 'kl' }
    expect(lossOf(fromConfig(revision))).toBe(lossOf(losses.labelRevision({ loss: 'kl' })))
    const matching = { name: 'transformed-teacher-matching', weighted: true }
    expect(lossOf(fromConfig(matching))).toBe(lossOf(losses.transformedTeacherMatching({ weighted: true })))
  })

  it('revises the teacher of a method that is asked to, at its temperature', () => {
    const revised = fromConfig({ name: 'vanilla-kd', temperature: 2, reviseTeacher: { eta: 0.7 } })
    const alike = lossOf(losses.labelRevision({ loss: 'kl', temperature: 2, eta: 0.7 }))
    expect(lossOf(revised)).toBeCloseTo(alike, 5)
    expect(lossOf(revised)).not.toBeCloseTo(lossOf(fromConfig({ name: 'vanilla-kd', temperature: 2 })), 3)
    // A temperature of its own counts more.
    const own = fromConfig({
      name: 'vanilla-kd',
      temperature: 2,
      reviseTeacher: { eta: 0.7, temperature: 4 },
    })
    expect(lossOf(own)).not.toBeCloseTo(alike, 5)
  })
})

describe('what stands around a method', () => {
  const around = { reviseTeacher: {}, dropTeachers: 0.1, superLoss: {}, selection: {} }

  it.each(names.filter((name) => hasTeacher(methods[name]!)))('can stand around %s', (name) => {
    expect(fromConfig({ name, ...around }).name).toBe(`selected-super-dropped-revised-${name}`)
    for (const [key, value] of Object.entries(around)) {
      expect(fromConfig({ name, [key]: value }).name).toMatch(new RegExp(`^[a-z]+-${name}$`))
    }
  })

  it.each(names.filter((name) => !hasTeacher(methods[name]!)))(
    'is no option of %s, which has no teacher',
    (name) => {
      const schema = methodSchema(methods)
      for (const [key, value] of Object.entries(around)) {
        expect(schema.safeParse({ name, [key]: value }).success).toBe(false)
      }
    },
  )
})
