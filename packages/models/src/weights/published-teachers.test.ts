import '@tensorflow/tfjs-backend-wasm'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { needs } from '@kd/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cifarResnet } from '../families/cifar-resnet.js'
import { readSafetensors } from '../safetensors/read-safetensors.js'
import { loadPytorchResnet } from './pytorch-resnet.js'

/** A folder with `teachers/*.safetensors` and `unpack.mjs`, which writes CIFAR-10's binary files; not in the repository. */
const data =
  process.env['KD_SHARED_DATA'] ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))

const mean = [0.485, 0.456, 0.406]
const standardDeviation = [0.229, 0.224, 0.225]
const area = 32 * 32

/** Every 50th test image, normalised as the teachers were trained, and the labels. */
function everyFiftieth(records: Buffer): { images: tf.Tensor4D; labels: number[] } {
  const starts = Array.from({ length: 200 }, (_, index) => index * 50 * (1 + 3 * area))
  const pixels = starts.flatMap((start) =>
    Array.from({ length: 3 * area }, (_, index) => {
      const channel = index % 3
      const byte = records[start + 1 + channel * area + Math.floor(index / 3)]!
      return (byte / 255 - mean[channel]!) / standardDeviation[channel]!
    }),
  )
  return { images: tf.tensor4d(pixels, [200, 32, 32, 3]), labels: starts.map((start) => records[start]!) }
}

describe(
  'the published CIFAR-10 teachers',
  needs(
    existsSync(join(data, 'teachers')),
    'published weights (KD_SHARED_DATA=FOLDER, see published-teachers.test.ts)',
  ),
  () => {
    let images: tf.Tensor4D
    let labels: number[]

    beforeAll(async () => {
      await tf.setBackend('wasm')
      const folder = mkdtempSync(join(tmpdir(), 'kd-cifar10-'))
      try {
        execFileSync(process.execPath, [join(data, 'unpack.mjs'), folder])
        ;({ images, labels } = everyFiftieth(readFileSync(join(folder, 'test_batch.bin'))))
      } finally {
        rmSync(folder, { recursive: true })
      }
    }, 120_000)
    afterAll(() => tf.setBackend('cpu'))

    // On all 10,000 images 9,173 and 9,339 are right, which takes the wasm engine minutes.
    it.each([
      [20, 'resnet20-12fca82f', 0.9173],
      [56, 'resnet56-4bfd9763', 0.9339],
    ])('keep their accuracy: ResNet-%d', (depth, file, accuracy) => {
      const model = cifarResnet({ depth, classes: 10 })
      loadPytorchResnet(model, readSafetensors(readFileSync(join(data, 'teachers', `${file}.safetensors`))))
      const logits = model.predict(images, { batchSize: 50 }) as tf.Tensor
      const predicted = tf.argMax(logits, 1).dataSync()
      const right = labels.filter((label, index) => predicted[index] === label).length
      // Two standard deviations of 200 draws.
      expect(Math.abs(right / 200 - accuracy)).toBeLessThan(0.04)
    })
  },
)
