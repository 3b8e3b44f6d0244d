import * as z from 'zod'
import type { Catalogue } from './catalogue.js'
import { labelNoiseSchema } from './data-preparation-schema.js'
import { isModelFile, type ModelConfig } from './model-schema.js'
import { namedSchema, type NamedOptions, type OptionsByName } from './named-options.js'
import { teacherFileKeys, teacherFileProblem, type GivenTeacherFile } from './teacher-file-schema.js'
import { trainingSchema } from './training-schema.js'

const path = z.string().min(1)

/** JSON Schema for a map that has none of some keys. */
const without = (...keys: string[]) => ({ not: { anyOf: keys.map((key) => ({ required: [key] })) } })

/** What has to be known about a teacher to check it. */
interface GivenTeacher extends GivenTeacherFile {
  readonly run?: unknown
  readonly weights?: unknown
  readonly teacher?: unknown
  readonly training?: { readonly epochs: number } | undefined
  readonly answers?: unknown
  readonly fixed?: unknown
  readonly labelNoise?: unknown
  readonly take?: unknown
  readonly seed?: unknown
  readonly checkpoints?: readonly number[] | undefined
}

/** The ways in which a teacher can be given, for editors. */
const forms = [
  { required: ['run'], ...without('model', 'weights', 'training', 'teacher', 'onnx', 'logits') },
  { required: ['model', 'weights'], ...without('run', 'training', 'teacher', 'onnx', 'logits') },
  { required: ['model', 'training'], ...without('run', 'weights', 'teacher', 'onnx', 'logits') },
  {
    required: ['model'],
    properties: { model: { required: ['file'] } },
    ...without('run', 'weights', 'training', 'teacher', 'onnx', 'logits'),
  },
  { required: ['teacher'], ...without('run', 'model', 'weights', 'training', 'onnx', 'logits') },
  { required: ['onnx'], ...without('run', 'model', 'weights', 'training', 'teacher', 'logits') },
  {
    required: ['logits'],
    ...without('run', 'model', 'weights', 'training', 'teacher', 'onnx', 'answers'),
  },
  {
    required: ['answers'],
    ...without('run', 'model', 'weights', 'training', 'teacher', 'onnx', 'logits'),
  },
]

/**
 * Makes the schema of one of `teachers`.
 *
 * @param catalogue - the models and teachers that there are
 * @param model - the schema of a model
 * @returns a strict schema
 */
export function teacherSchema(
  catalogue: Pick<Catalogue, 'teachers'>,
  model: z.ZodType<ModelConfig, ModelConfig>,
) {
  return z
    .strictObject({
      run: path.optional().describe('folder of a finished run: its student teaches'),
      model: model.optional(),
      weights: path.optional().describe('safetensors file with the weights of model'),
      training: trainingSchema
        .optional()
        .describe('recipe by which model is trained first, in every run anew'),
      teacher: broughtSchema(catalogue.teachers).optional().describe('one that the plugin brings'),
      labelNoise: labelNoiseSchema.optional().describe("of the recipe, in place of the data set's"),
      take: z
        .number()
        .positive()
        .optional()
        .describe('share or number of training examples that the recipe sees'),
      seed: z.int().optional().describe("of the recipe; otherwise the run's"),
      answers: path
        .optional()
        .describe(
          'folder that kd keep-answers wrote: what it holds stands for the teacher, which need not be there',
        ),
      fixed: z
        .boolean()
        .optional()
        .describe('true: the answer to an image does for all its augmentations; otherwise these are refused'),
      checkpoints: z
        .array(z.int().min(1))
        .min(1)
        .optional()
        .describe(
          'epochs of the recipe, from 1, after each of which the model so far is a teacher of its own',
        ),
      ...teacherFileKeys,
    })
    .superRefine((teacher, context) => {
      const problem = teacherProblem(teacher)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .meta({
      description:
        'a run, a model with weights, a model with the recipe to train it, a file made elsewhere (onnx, model.file), or one of the plugin; ' +
        'or kept answers, of a teacher named or not, or logits made elsewhere',
      // What superRefine says, for editors.
      oneOf: forms,
    })
}

function broughtSchema(teachers: Catalogue['teachers']): z.ZodType<NamedOptions, NamedOptions> {
  if (Object.keys(teachers).length > 0) return namedSchema(teachers as OptionsByName)
  return z.looseObject({ name: z.string() }).refine(() => false, {
    error: 'must be one that the plugin brings, got no plugin with teachers',
    abort: true,
  })
}

/** What is wrong with the keys of a teacher together. */
function teacherProblem(settings: GivenTeacher): string | undefined {
  const { run, model, weights, training, teacher, onnx, logits, answers, fixed } = settings
  const { labelNoise, take, seed, checkpoints } = settings
  const file = isModelFile(model) ? model : undefined
  const given = [run, weights, training, teacher, onnx, logits, file]
  const ways = given.filter((way) => way !== undefined).length
  if (ways > 1 || (ways === 0 && answers === undefined)) {
    return 'must have exactly one of run, weights (with model), training (with model), onnx, model.file, logits and teacher, or answers'
  }
  if (answers === undefined && logits === undefined && fixed !== undefined)
    return 'must have fixed only beside answers or logits'
  if (answers !== undefined && checkpoints !== undefined) {
    return 'must have no checkpoints beside answers: each has answers of its own'
  }
  const needsModel = weights !== undefined || training !== undefined || file !== undefined
  if (needsModel !== (model !== undefined)) {
    return model === undefined
      ? 'must have a model'
      : 'must have no model: a run, a file or a plugin brings its own'
  }
  if (training === undefined && (labelNoise ?? take ?? seed ?? checkpoints) !== undefined) {
    return 'must have labelNoise, take, seed and checkpoints only beside training'
  }
  if (checkpoints?.some((epoch, index) => epoch <= (checkpoints[index - 1] ?? 0))) {
    return `must have rising checkpoints, got ${checkpoints.join(', ')}`
  }
  if (checkpoints !== undefined && checkpoints.at(-1)! > training!.epochs) {
    return `must have checkpoints within its ${training!.epochs} epochs, got ${checkpoints.at(-1)!}`
  }
  return teacherFileProblem(settings)
}
