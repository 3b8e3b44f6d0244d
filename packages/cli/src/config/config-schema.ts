import type { EngineName } from '@kd/core'
import * as z from 'zod'
import { datasetSchema, type DatasetConfig, type DatasetName } from './datasets.js'
import type { MethodConfig } from './methods.js'
import { modelSchema, type ModelName } from './models.js'
import type { NamedOptions } from './named-options.js'
import { labelNoiseSchema } from './data-preparation-schema.js'
import { trainingSchema } from './training-schema.js'

const path = z.string().min(1)

/** JSON Schema for a map that has none of some keys. */
const without = (...keys: string[]) => ({ not: { anyOf: keys.map((key) => ({ required: [key] })) } })

const teacherSchema = z
  .strictObject({
    run: path.optional().describe('folder of a finished run: its student teaches'),
    model: modelSchema.optional(),
    weights: path.optional().describe('safetensors file with the weights of model'),
    training: trainingSchema.optional().describe('recipe by which model is trained first, in every run anew'),
    labelNoise: labelNoiseSchema.optional().describe("of the recipe, in place of the data set's"),
    take: z
      .number()
      .positive()
      .optional()
      .describe('share or number of training examples that the recipe sees'),
    seed: z.int().optional().describe("of the recipe; otherwise the run's"),
    labels: path
      .optional()
      .describe('folder that kd label wrote: what it holds speaks for the teacher, which need not be there'),
    fixed: z
      .boolean()
      .optional()
      .describe('true: the label of an image does for all its augmentations; otherwise these are refused'),
    checkpoints: z
      .array(z.int().min(1))
      .min(1)
      .optional()
      .describe('epochs of the recipe, from 1, after each of which the model so far is a teacher of its own'),
  })
  .superRefine(({ run, model, weights, training, labels, fixed, ...recipe }, context) => {
    const { labelNoise, take, seed, checkpoints } = recipe
    const complain = (message: string): void => {
      context.addIssue({ code: 'custom', message })
    }
    const ways = [run, weights, training].filter((way) => way !== undefined).length
    if (ways > 1 || (ways === 0 && labels === undefined))
      complain('must have exactly one of run, weights (with model) and training (with model), or labels')
    else if (labels === undefined && fixed !== undefined) complain('must have fixed only beside labels')
    else if (labels !== undefined && checkpoints !== undefined) {
      complain('must have no checkpoints beside labels: each has labels of its own')
    } else if ((ways === 1 && run === undefined) !== (model !== undefined)) {
      complain(model === undefined ? 'must have a model' : 'must have no model: a run brings its own')
    } else if (training === undefined && (labelNoise ?? take ?? seed ?? checkpoints) !== undefined) {
      complain('must have labelNoise, take, seed and checkpoints only beside training')
    } else if (checkpoints?.some((epoch, index) => epoch <= (checkpoints[index - 1] ?? 0))) {
      complain(`must have rising checkpoints, got ${checkpoints.join(', ')}`)
    } else if (checkpoints !== undefined && checkpoints.at(-1)! > training!.epochs) {
      complain(`must have checkpoints within its ${training!.epochs} epochs, got ${checkpoints.at(-1)!}`)
    }
  })
  .meta({
    description:
      'a run, a model with weights, or a model with the recipe to train it; or labels, of a teacher named or not',
    // What superRefine says, for editors.
    oneOf: [
      { required: ['run'], ...without('model', 'weights', 'training') },
      { required: ['model', 'weights'], ...without('run', 'training') },
      { required: ['model', 'training'], ...without('run', 'weights') },
      { required: ['labels'], ...without('run', 'model', 'weights', 'training') },
    ],
  })

/** A teacher in a config. */
export type TeacherConfig = z.output<typeof teacherSchema>

const studentSchema = z.strictObject({
  model: modelSchema,
  take: z
    .number()
    .positive()
    .optional()
    .describe('share or number of training examples that the student sees; recipes of teachers see all'),
  part: z
    .strictObject({
      number: z.int().min(1).describe('which part, from 1'),
      of: z.int().min(1).describe('how many parts'),
      permutation: z.int().default(0).describe('another number, another division'),
    })
    .refine(({ number, of }) => number <= of, 'must have a number that is at most of')
    .optional()
    .describe('one of several disjoint, equal parts of these; recipes of teachers see all'),
  weights: path.optional().describe('safetensors file with the weights to start from, or to evaluate'),
  keep: z
    .enum(['best', 'last'])
    .default('best')
    .describe('which epoch is saved: the best on the validation split, or the last'),
})

/**
 * Makes the schema of a config.
 *
 * @param method - of the key `method`, with or without a plugin's methods
 * @returns a strict schema
 */
export function configSchema<Method extends z.ZodType>(method: Method) {
  return z.strictObject({
    dataset: datasetSchema,
    student: studentSchema,
    teachers: z.array(teacherSchema).default([]),
    method: method.optional().describe('how the student learns from its teachers'),
    training: trainingSchema.optional(),
    teacherMode: z
      .enum(['eval', 'train'])
      .default('eval')
      .describe("train: teachers' batch normalization uses the batch, as in the code published with WSL"),
    seed: z.int().default(0).describe('of initial weights, order, dropout and augmentation'),
    engine: z
      .enum(['node-gpu', 'native', 'node', 'wasm', 'cpu', 'webgpu'] satisfies EngineName[])
      .optional()
      .describe('otherwise the first that loads'),
    plugin: path.optional().describe('ES module with methods of your own; the only key that runs code'),
  })
}

/** A config as a person writes it. Options of data sets, models and methods are checked when it is read. */
export interface ConfigInput {
  readonly dataset: NamedOptions<DatasetName>
  readonly student: {
    readonly model: NamedOptions<ModelName>
    readonly take?: number
    readonly part?: { readonly number: number; readonly of: number; readonly permutation?: number }
    readonly weights?: string
    readonly keep?: 'best' | 'last'
  }
  readonly teachers?: readonly TeacherInput[]
  /** A built-in method or one of the plugin. */
  readonly method?: NamedOptions<string>
  readonly training?: z.input<typeof trainingSchema>
  readonly teacherMode?: 'eval' | 'train'
  readonly seed?: number
  readonly engine?: EngineName
  readonly plugin?: string
}

interface LabelsInput {
  readonly labels: string
  readonly fixed?: boolean
}

/**
 * One of `teachers` in a {@link ConfigInput}: a run, a model with weights, or a model with its recipe, each with or without
 * labels; or labels alone.
 */
export type TeacherInput =
  | LabelsInput
  | ({ readonly run: string } & Partial<LabelsInput>)
  | ({ readonly model: NamedOptions<ModelName>; readonly weights: string } & Partial<LabelsInput>)
  | ({
      readonly model: NamedOptions<ModelName>
      readonly training: z.input<typeof trainingSchema>
      readonly labelNoise?: z.input<typeof labelNoiseSchema>
      readonly take?: number
      readonly seed?: number
      readonly checkpoints?: readonly number[]
    } & Partial<LabelsInput>)

/** A config with all defaults filled in and paths made absolute. */
export interface Config {
  readonly dataset: DatasetConfig
  readonly student: z.output<typeof studentSchema>
  readonly teachers: readonly TeacherConfig[]
  readonly method?: MethodConfig | NamedOptions<string> | undefined
  readonly training?: z.output<typeof trainingSchema> | undefined
  readonly teacherMode: 'eval' | 'train'
  readonly seed: number
  readonly engine?: EngineName | undefined
  readonly plugin?: string | undefined
}
