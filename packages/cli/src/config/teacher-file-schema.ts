import * as z from 'zod'
import { isModelFile, type ModelConfig } from './model-schema.js'

const path = z.string().min(1)

const logits = z.union([
  path,
  z.strictObject({ train: path, validation: path.optional(), test: path.optional() }),
])

const channels = z.array(z.number()).min(1)

const output = z.int().min(0)

/** The keys of a teacher that was made elsewhere. */
export const teacherFileKeys = {
  onnx: path.optional().describe('ONNX file, which ONNX Runtime runs'),
  logits: logits
    .optional()
    .describe(
      'logits that a teacher gave elsewhere (safetensors, npy, Parquet), by row of the file of the data or by id: one file, or one for ' +
        'each split',
    ),
  normalization: z
    .strictObject({ mean: channels, standardDeviation: z.array(z.number().positive()).min(1) })
    .optional()
    .describe("of the teacher's inputs, in the unit of the data's file, in place of the data set's"),
  layout: z
    .enum(['NCHW', 'NHWC'])
    .optional()
    .describe(
      "order of the axes of the teacher's images; otherwise from its input's shape for onnx, NHWC for model",
    ),
  classes: z
    .union([z.array(output).min(1), z.array(z.string()).min(1), z.record(z.string(), output)])
    .optional()
    .describe(
      "which of the teacher's outputs, from 0, each class of the data is: numbers in the order of the data's classes, or a map from their " +
        "names to numbers, or the names of all of the teacher's outputs",
    ),
  outputs: z
    .enum(['logits', 'probabilities'])
    .optional()
    .describe('what it gives, otherwise logits; of probabilities p the logits are temperature * log p'),
  temperature: z
    .number()
    .positive()
    .optional()
    .describe('of the softmax that its probabilities come from, otherwise 1'),
  softmax: z.literal('remove').optional().describe('takes the softmax off the end of model.file'),
  input: path.optional().describe('name of the input of onnx'),
  output: path
    .optional()
    .describe('node of onnx or of a graph model that gives the logits; otherwise its output'),
  features: z
    .record(z.string(), path)
    .optional()
    .describe('names, for methods, of inner nodes of onnx; each node can be named itself as well'),
} as const

/** What has to be known about a teacher from a file to check it. */
export interface GivenTeacherFile {
  readonly model?: ModelConfig | undefined
  readonly onnx?: unknown
  readonly logits?: unknown
  readonly answers?: unknown
  readonly normalization?: unknown
  readonly layout?: unknown
  readonly classes?: unknown
  readonly outputs?: string | undefined
  readonly temperature?: unknown
  readonly softmax?: unknown
  readonly input?: unknown
  readonly output?: unknown
  readonly features?: unknown
}

/** What is wrong with the keys of {@link teacherFileKeys} together. */
export function teacherFileProblem(given: GivenTeacherFile): string | undefined {
  const { onnx, logits, answers, model, temperature, outputs, softmax } = given
  if (logits !== undefined && answers !== undefined) return 'must have one of logits and answers, got both'
  const ways = {
    onnx: onnx !== undefined,
    'model.file': isModelFile(model),
    logits: logits !== undefined,
  } as const
  const allowed: Readonly<Record<string, readonly (keyof typeof ways)[]>> = {
    normalization: ['onnx', 'model.file'],
    layout: ['onnx', 'model.file'],
    classes: ['onnx', 'model.file', 'logits'],
    outputs: ['onnx', 'model.file', 'logits'],
    temperature: ['onnx', 'model.file', 'logits'],
    softmax: ['model.file'],
    input: ['onnx'],
    output: ['onnx', 'model.file'],
    features: ['onnx'],
  }
  for (const [key, beside] of Object.entries(allowed)) {
    if (given[key as keyof GivenTeacherFile] !== undefined && !beside.some((way) => ways[way]))
      return `must have ${key} only beside ${beside.join(' or ')}`
  }
  if (temperature !== undefined && outputs !== 'probabilities')
    return 'must have temperature only beside outputs: probabilities'
  if (softmax !== undefined && outputs === 'probabilities')
    return 'must have one of softmax: remove and outputs: probabilities, got both'
  return undefined
}
