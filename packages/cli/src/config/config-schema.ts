import type { EngineName } from '@kd/core'
import * as z from 'zod'
import type { Catalogue } from './catalogue.js'
import type { Preparation, PreparationInput } from './data-preparation-schema.js'
import { datasetSchema } from './datasets.js'
import { methodSchema } from './methods.js'
import { isModelFile, modelSchema, type ModelConfig } from './model-schema.js'
import { namedSchema, type NamedOptions } from './named-options.js'
import { teacherSchema } from './teacher-schema.js'
import { trainingSchema } from './training-schema.js'

const path = z.string().min(1)

/** A data set in a config: its name and options, and what it is asked for beside them. */
export type DatasetConfig = NamedOptions & Preparation

function studentSchema(model: z.ZodType<ModelConfig, ModelConfig>) {
  return z
    .strictObject({
      model,
      head: z
        .literal('replace')
        .optional()
        .describe(
          'starts from all of model.file but its last dense layer, which is made anew for the classes of the data',
        ),
      softmax: z.literal('remove').optional().describe('takes the softmax off the end of model.file'),
      freeze: z
        .union([z.literal(true), z.array(z.string()).min(1)])
        .optional()
        .describe('holds all layers but the last dense one, or those that are named, as they are'),
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
    .superRefine(({ model, head, softmax }, context) => {
      if (isModelFile(model) || (head ?? softmax) === undefined) return
      context.addIssue({ code: 'custom', message: 'must have head and softmax only beside model.file' })
    })
}

/**
 * Makes the schema of a config.
 *
 * @param catalogue - everything that it can name
 * @returns a strict schema
 */
export function configSchema(catalogue: Catalogue) {
  const model = modelSchema(catalogue.models)
  return z.strictObject({
    dataset: datasetSchema(catalogue.datasets) as unknown as z.ZodType<
      DatasetConfig,
      NamedOptions & PreparationInput
    >,
    task: namedSchema(catalogue.tasks)
      .optional()
      .describe('what is to be learned; otherwise what the data set says, mostly classification'),
    student: studentSchema(model),
    teachers: z.array(teacherSchema(catalogue, model)).default([]),
    method: methodSchema(catalogue.methods).optional().describe('how the student learns from its teachers'),
    training: trainingSchema.optional(),
    baseline: z
      .boolean()
      .optional()
      .describe('true: the same student is trained with its labels alone as well, to compare with'),
    teacherMode: z
      .enum(['eval', 'train', 'batch-statistics'])
      .default('eval')
      .describe("train: teachers' batch normalization uses the batch, as in the code published with WSL"),
    teacherTimeout: z
      .number()
      .positive()
      .optional()
      .describe('seconds that a teacher which answers later may take for one answer'),
    seed: z.int().default(0).describe('of initial weights, order, dropout and augmentation'),
    engine: z
      .enum(['node-gpu', 'native', 'node', 'wasm', 'cpu', 'webgpu'] satisfies EngineName[])
      .optional()
      .describe('otherwise the first that loads'),
    plugin: path
      .optional()
      .describe(
        'ES module with methods, models, teachers, data sets and tasks of your own; the only key that runs code',
      ),
  })
}

type ConfigSchema = ReturnType<typeof configSchema>

/** A config as a person writes it. Options of data sets, models, tasks and methods are checked when it is read. */
export type ConfigInput = z.input<ConfigSchema>

/** A config with all defaults filled in and paths made absolute. */
export type Config = z.output<ConfigSchema>

/** A teacher in a config. */
export type TeacherConfig = Config['teachers'][number]

/** One of `teachers` in a {@link ConfigInput}. */
export type TeacherInput = NonNullable<ConfigInput['teachers']>[number]
