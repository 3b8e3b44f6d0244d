import { regression } from '@kd/core'
import { expect, it } from 'vitest'
import { chanceWarning } from './chance-warning.js'

const labels = Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2, 3)

/** The warning for a student that got a share of its last epoch right. */
function warning(
  labels: Int32Array,
  figures: Readonly<Record<string, number>>,
  about: { readonly task?: ReturnType<typeof regression> } = {},
): string | undefined {
  const ids = labels.map((_, row) => row)
  const train = { inputs: new Float32Array(labels.length), labels, ids }
  return chanceWarning(
    { train, classNames: ['a', 'b', 'c', 'd'], ...about },
    { train: { loss: 1, parts: {}, figures } },
  )
}

it('warns of a student that is no better than the largest class, and of no other', () => {
  expect(warning(labels, { top1: 0.1 })).toContain('10.00 % right')
  expect(warning(labels, { top1: 0.41 })).toContain('the same class gives 40.00 %')
  expect(warning(labels, { top1: 0.43 })).toBeUndefined()
})

it('says nothing of data with a single class, where there is nothing to learn', () => {
  expect(warning(Int32Array.of(1, 1), { top1: 1 })).toBeUndefined()
})

it('says nothing of a task whose figures are not shares of right answers', () => {
  const task = regression({ outputs: 1 })
  expect(warning(labels, { top1: 0.1 }, { task })).toBeUndefined()
  expect(warning(labels, { rootMeanSquaredError: 3 })).toBeUndefined()
})
