import { describe, expect, it } from 'vitest'
import { constant, cosineDecay, stepDecay, warmUp } from './schedule.js'

const at = (
  epoch: number,
  step = 0,
): { epoch: number; step: number; stepsPerEpoch: number; epochs: number } => ({
  epoch,
  step,
  stepsPerEpoch: 10,
  epochs: 100,
})

describe('learning-rate schedules', () => {
  it('constant stays', () => {
    expect([at(0), at(99, 9)].map(constant(0.3))).toEqual([0.3, 0.3])
    expect(() => constant(0)).toThrow('constant: learningRate must be a finite number > 0, got 0')
  })

  it('stepDecay drops at its milestones and not before', () => {
    const schedule = stepDecay({ initial: 1, milestones: [10, 20], factor: 0.5 })
    expect([at(9, 9), at(10), at(19, 9), at(20), at(99)].map(schedule)).toEqual([1, 0.5, 0.5, 0.25, 0.25])
    expect(() => stepDecay({ initial: 1, milestones: [20, 10] })).toThrow('milestones must be rising epochs')
  })

  it('cosineDecay falls along half a cosine, by epoch or by step', () => {
    const byEpoch = cosineDecay({ initial: 1, final: 0.2 })
    expect(byEpoch(at(0))).toBe(1)
    expect(byEpoch(at(50, 9))).toBeCloseTo(0.6, 12)
    expect(byEpoch(at(100))).toBeCloseTo(0.2, 12)
    const byStep = cosineDecay({ initial: 1, every: 'step' })
    expect(byStep(at(25, 5))).toBeCloseTo((1 + Math.cos(Math.PI * 0.255)) / 2, 12)
  })

  it('warmUp rises step by step to the schedule behind it', () => {
    const schedule = warmUp(stepDecay({ initial: 1, milestones: [2] }), { epochs: 2 })
    expect(schedule(at(0))).toBeCloseTo(1 / 20, 12)
    expect(schedule(at(1, 9))).toBe(1)
    expect(schedule(at(2))).toBeCloseTo(0.1, 12)
  })
})
