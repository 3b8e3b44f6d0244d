import { regression } from '@kd/core'
import { expect, it } from 'vitest'
import { imbalanceWarning } from './imbalance-warning.js'

const unequal = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)

function warning(
  labels: Int32Array,
  figures: Readonly<Record<string, number>>,
  about = {},
): string | undefined {
  const train = { inputs: new Float32Array(labels.length), labels, ids: labels.map((_, row) => row) }
  return imbalanceWarning({ train, classNames: ['a', 'b'], ...about }, figures)
}

it('warns where large classes hide that small ones are not learned', () => {
  expect(warning(unequal, { top1: 0.9, balancedAccuracy: 0.5 })).toMatch(
    /90.00 % .* 50.00 %: they have from 1 to 9 training examples\..*training.classWeights: balanced/,
  )
})

it('says nothing where classes are learned alike, are of one size, or are none', () => {
  expect(warning(unequal, { top1: 0.9, balancedAccuracy: 0.85 })).toBeUndefined()
  expect(warning(Int32Array.of(0, 0, 1, 1), { top1: 0.9, balancedAccuracy: 0.5 })).toBeUndefined()
  expect(warning(unequal, { top1: 0.9 })).toBeUndefined()
  const task = regression({ outputs: 1 })
  expect(warning(unequal, { top1: 0.9, balancedAccuracy: 0.5 }, { task })).toBeUndefined()
})
