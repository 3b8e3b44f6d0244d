import { distill, meanLoss, sgd } from '@kd/core'
import {
  expectAllClose,
  expectSameAfterResume,
  gradientOf,
  methodBatch,
  noiseDataset,
  noiseNetwork,
  startMethod,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import golden from './proximal-teacher.golden.json' with { type: 'json' }
import { proximalTeacher } from './proximal-teacher.js'

describe('proximalTeacher', () => {
  it.each(golden.cases)(
    'gives the golden losses and gradients of both steps: $name',
    ({ options, studentLogits, teacherLogits, labels, teacher, student, nextMultiplier }) => {
      const step = methodBatch({ studentLogits, teacherLogits: [teacherLogits], labels })
      const { running } = startMethod(proximalTeacher(options), step)
      const [ofTeacher, ofStudent] = running.phases
      const asTeacher = (logits: tf.Tensor2D): tf.Scalar =>
        meanLoss(ofTeacher!.loss({ ...step, teacherLogits: [logits] }))
      const asStudent = (logits: tf.Tensor2D): tf.Scalar =>
        meanLoss(ofStudent!.loss({ ...step, studentLogits: logits }))
      expectAllClose(asTeacher(step.teacherLogits[0]!), teacher.loss)
      expectAllClose(gradientOf(asTeacher, step.teacherLogits[0]!), teacher.gradient)
      expectAllClose(asStudent(step.studentLogits), student.loss)
      expectAllClose(gradientOf(asStudent, step.studentLogits), student.gradient)
      running.afterStep?.(step)
      expectAllClose(running.save?.()['multiplier'] ?? tf.scalar(1), nextMultiplier)
      running.dispose?.()
    },
  )

  it('asks the teacher again after its step, before the student learns from it', async () => {
    const { inputs, labels, options, studentLearningRate, ...kernels } = golden.iteration
    const linear = (kernel: number[][]): LayersModel => {
      const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [2], useBias: false })] })
      model.setWeights([tf.tensor2d(kernel)])
      return model
    }
    const [student, teacher] = [linear(kernels.studentKernel), linear(kernels.teacherKernel)]
    await distill({
      student,
      teachers: [teacher],
      method: proximalTeacher(options),
      dataset: {
        name: 'two points',
        inputShape: [2],
        classNames: ['a', 'b', 'c'],
        normalization: { mean: [0], standardDeviation: [1] },
        train: {
          inputs: Float32Array.from(inputs.flat()),
          labels: Int32Array.from(labels),
          ids: Int32Array.of(0, 1),
        },
      },
      epochs: 1,
      batchSize: 2,
      optimizer: sgd(),
      learningRate: studentLearningRate,
    })
    expectAllClose(teacher.getWeights()[0]!, kernels.teacherKernelAfter)
    expectAllClose(student.getWeights()[0]!, kernels.studentKernelAfter)
  })

  it.each([{}, { dual: true }])('goes on from any interruption to the same bits: %j', async (options) => {
    await expectSameAfterResume(() => ({
      method: proximalTeacher(options),
      dataset: noiseDataset,
      epochs: 2,
      batchSize: 16,
      optimizer: sgd({ momentum: 0.9 }),
      learningRate: 0.1,
      student: noiseNetwork(1),
      teachers: [noiseNetwork(2)],
    }))
  })

  it('refuses options out of range, and a teacher that cannot learn', async () => {
    expect(() => proximalTeacher({ pull: 1 })).toThrow('proximalTeacher: pull must be < 1, got 1')
    const run = distill({
      student: noiseNetwork(1),
      teachers: [(inputs) => tf.zeros([inputs.shape[0], 3])],
      method: proximalTeacher(),
      dataset: noiseDataset,
      epochs: 1,
      optimizer: sgd(),
      learningRate: 0.1,
      batchSize: 8,
    })
    await expect(run).rejects.toThrow(
      'distill: teacher 0 must be a model that runs here to learn with proximal-teacher, got one that is not',
    )
  })
})
