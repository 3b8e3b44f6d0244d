import { noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { ShapeError } from '../errors.js'
import { defineMethod } from '../method/define-method.js'
import { sgd } from '../optimizer/sgd.js'
import { checkRun } from './check-run.js'

/** A method with a variable, which learns only from one class count. */
const forClasses = (wanted: number) =>
  defineMethod({
    name: 'for-classes',
    summary: 'no teacher: a method that checks a shape when it starts',
    options: {},
    start: ({ student }) => {
      const [classes] = student.logits
      if (classes !== wanted) throw new ShapeError(`forClasses: classes must be ${wanted}, got ${classes}`)
      return {
        variables: { scale: tf.variable(tf.ones([wanted])) },
        phases: [
          {
            learner: 'student',
            loss: ({ task, labels, studentLogits }) => ({ label: task.labelLoss(studentLogits, labels) }),
          },
        ],
      }
    },
  })()

describe('checkRun', () => {
  const classes = noiseDataset.classNames.length
  const run = (wanted: number) => ({
    student: noiseNetwork(1),
    dataset: noiseDataset,
    method: forClasses(wanted),
    epochs: 1,
    batchSize: 8,
    optimizer: sgd(),
    learningRate: 0.1,
  })

  it('says what a method finds wrong when it starts', async () => {
    await expect(checkRun(run(classes + 1))).rejects.toThrow(
      `forClasses: classes must be ${classes + 1}, got ${classes}`,
    )
  })

  it('frees the method that it starts', async () => {
    const options = run(classes)
    const before = tf.memory().numTensors
    const { shapes } = await checkRun(options)
    expect(shapes.student.logits).toEqual([classes])
    expect(tf.memory().numTensors).toBe(before)
  })
})
