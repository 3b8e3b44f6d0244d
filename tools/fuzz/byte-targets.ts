import type { RandomSource } from '../../packages/core/src/index.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../packages/cli/src/run/checkpoint/checkpoint-file.js'
import { parseCifar, parseCsv, parseMnist, tableExamples } from '../../packages/datasets/src/index.js'
import {
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
  type SafetensorsTensor,
} from '../../packages/models/src/index.js'
import { writeRecord } from '../../packages/report/src/event-file/records.js'
import { eventFileHeader, eventRecord, readEventFile } from '../../packages/report/src/index.js'
import { changedHeader } from './changed-header.js'
import type { FuzzTarget } from './fuzz-target.js'
import { mutateBytes, mutateJson, mutateText, pick } from './mutate.js'

const utf8 = new TextEncoder()
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const tensors = new Map<string, SafetensorsTensor>([
  ['dense/kernel', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, NaN) }],
  ['ids', { dtype: 'I32', shape: [2], data: Int32Array.of(1, -1) }],
  ['mask', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['none', { dtype: 'F32', shape: [0], data: new Float32Array(0) }],
])
const safetensors = writeSafetensors(tensors, { format: 'pt' })

const metrics = { examples: 3, loss: 0.3, top1: 1 / 3, expectedCalibrationError: 0.1 }
const checkpoint = encodeCheckpoint({
  identity: 'a'.repeat(64),
  who: 'student',
  metricsBytes: 1234,
  seconds: 0.1,
  training: {
    progress: {
      optimizer: 'sgd',
      method: 'label-loss',
      epoch: 1,
      step: 2,
      running: {
        seconds: 1,
        learningRate: 0.05,
        figures: ['top1'],
        parts: ['label'],
        sums: [1.1, 2 / 3, NaN],
        examples: 7,
      },
      history: [
        {
          epoch: 0,
          steps: 4,
          seconds: 2,
          learningRate: 0.1,
          train: { loss: 1, parts: { label: 1 }, figures: { top1: 0 } },
          validation: metrics,
        },
      ],
      best: { epoch: 0, validation: metrics },
    },
    tensors: new Map([
      ['student/0', { dtype: 'float32', shape: [2, 2], values: Float32Array.of(0.1, NaN, -0, Infinity) }],
      ['method/mask', { dtype: 'int32', shape: [3], values: Int32Array.of(1, -(2 ** 31), 0) }],
    ]),
  },
})

function changedManifest(random: RandomSource): Uint8Array {
  const text = readSafetensorsMetadata(checkpoint).get('manifest')!
  const changed = random.integer(3) === 0 ? mutateText(random, text) : mutateJson(random, text)
  return writeSafetensors(readSafetensors(checkpoint), { manifest: changed })
}

const records = [0, 1, 2].map((step) =>
  eventRecord({
    wallTime: 1.5e9 + step,
    step,
    scalars: { 'train/loss': 1 / (step + 1), __proto__: 1, top1: NaN },
  }),
)
const events = join(eventFileHeader(1.5e9), ...records)

/** Records whose content was changed, with checksums that fit. */
function changedRecords(random: RandomSource): Uint8Array {
  const changed = random.integer(records.length)
  const contents = records.map((record, index) =>
    index === changed ? mutateBytes(random, record.subarray(12, -4)) : record.subarray(12, -4),
  )
  return join(eventFileHeader(1.5e9), ...contents.map(writeRecord))
}

const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, ...new Uint8Array(18).fill(7))
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 4, 9)
/** Two records of CIFAR-10. */
const cifar = new Uint8Array(2 * 3073).map((_, index) => (index % 3073 === 0 ? 3 : index))
const csv = utf8.encode('a,b,label\n1,2,x\n3.5,-1e3,y\n"4","5","x, z"\n')
/** Mostly bytes that were changed; sometimes bytes of nothing at all. */
function bytesOf(random: RandomSource, valid: Uint8Array): Uint8Array {
  return random.uniform() < 0.02
    ? Uint8Array.from({ length: random.integer(300) }, () => random.integer(256))
    : mutateBytes(random, valid)
}

const halves = (random: RandomSource, one: () => Uint8Array, other: () => Uint8Array): Uint8Array =>
  random.integer(2) === 0 ? one() : other()

/** Files of bytes, by what they are. */
export const byteTargets: Record<string, FuzzTarget> = {
  safetensors: {
    make: (random) =>
      halves(
        random,
        () => bytesOf(random, safetensors),
        () => changedHeader(random, safetensors),
      ),
    read: (input) => [readSafetensors(input as Uint8Array), readSafetensorsMetadata(input as Uint8Array)],
  },
  checkpoints: {
    make: (random) =>
      pick(random, [
        () => bytesOf(random, checkpoint),
        () => changedHeader(random, checkpoint),
        () => changedManifest(random),
      ])(),
    read: (input) => decodeCheckpoint(input as Uint8Array),
  },
  'event files': {
    make: (random) =>
      halves(
        random,
        () => bytesOf(random, events),
        () => changedRecords(random),
      ),
    read: (input) => readEventFile(input as Uint8Array),
    isOwn: ({ message }) => message.startsWith('readEventFile: '),
  },
  'IDX files': {
    make: (random) => [bytesOf(random, images), random.integer(2) === 0 ? labels : bytesOf(random, labels)],
    read: (input) => {
      const [ofImages, ofLabels] = input as [Uint8Array, Uint8Array]
      return parseMnist({ images: ofImages, labels: ofLabels })
    },
  },
  'CIFAR files': {
    make: (random) => [pick(random, ['cifar10', 'cifar100']), bytesOf(random, cifar)],
    read: (input) => {
      const [variant, bytes] = input as ['cifar10' | 'cifar100', Uint8Array]
      return parseCifar([{ name: 'fuzz.bin', bytes }], variant)
    },
  },
  'CSV files': {
    make: (random) =>
      halves(
        random,
        () => bytesOf(random, csv),
        () => utf8.encode(mutateText(random, new TextDecoder().decode(csv))),
      ),
    read: async (input) => tableExamples(await parseCsv(input as Uint8Array), { label: 'label' }),
  },
}
