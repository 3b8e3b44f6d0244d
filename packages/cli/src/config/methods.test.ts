import type { DistillationMethod } from '@kd/core'
import * as losses from '@kd/losses'
import * as mixing from '@kd/meta-mixing'
import { methodBatch } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { makeMethod, methodSchema, methods, methodsWithoutTeacher } from './methods.js'
import { methodRun } from '../testing/method-run.js'

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
const lossOf = (method: DistillationMethod): number => method.loss(batch).total.dataSync()[0]!
const fromConfig = (config: object): DistillationMethod =>
  makeMethod(methodSchema.parse(config), {}, methodRun)

describe('methods', () => {
  it.each(names)('%s bears the name of its method', (name) => {
    expect(fromConfig({ name }).name).toBe(name)
  })

  it('knows which have no teacher without making them', () => {
    const alone = names.filter((name) => (fromConfig({ name }).requires?.teachers ?? 0) === 0)
    expect(methodsWithoutTeacher).toEqual(alone)
  })

  it('has every method that @kd/losses and @kd/meta-mixing give', () => {
    const given = Object.values({ ...losses, ...mixing }).flatMap((factory) => {
      try {
        // A factory is what can be called without arguments and gives a method.
        const method = (factory as () => DistillationMethod)()
        return typeof method.loss === 'function' ? [method.name] : []
      } catch {
        return []
      }
    })
    expect(given.length).toBeGreaterThan(8)
    expect(names).toEqual(expect.arrayContaining(given))
  })

  const factories: Record<string, () => DistillationMethod> = {
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
    const total = (method: DistillationMethod): number => method.loss(late).total.dataSync()[0]!
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
    expect(lossOf(revised)).toBeCloseTo(
      lossOf(losses.labelRevision({ loss: 'kl', temperature: 2, eta: 0.7 })),
      5,
    )
    expect(lossOf(revised)).not.toBeCloseTo(lossOf(fromConfig({ name: 'vanilla-kd', temperature: 2 })), 3)
  })
})
