import {
  adaptiveMixing,
  adaptiveMixingPresets,
  curriculumTemperature,
  fixedMixing,
  gradNorm,
  metaWeightNet,
  randomTeacherDrop,
  superLoss,
  uncertaintyWeighting,
  type AdaptiveMixingOptions,
} from '@kd/meta-mixing'
import * as z from 'zod'
import {
  method,
  revisable,
  reviseTeacher,
  temperature,
  weight,
  type MakeMethod,
  type MethodEntry,
} from './method-entry.js'

const count = z.int().min(1)
const heldOut = z.union([count, z.literal('all')]).describe('held-out examples that a group is judged on')

type PresetName = keyof typeof adaptiveMixingPresets
const presetNames = Object.keys(adaptiveMixingPresets) as [PresetName, ...PresetName[]]

/** Options of mixes for what can be put around them. */
const around = {
  reviseTeacher,
  dropTeachers: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('chance that a teacher is left out of a batch (DGKD 2021)'),
  superLoss: z
    .strictObject({ regularization: z.number().positive().default(1), threshold: z.number().optional() })
    .optional()
    .describe('easy examples are heard more, hard ones less (SuperLoss 2020)'),
}

interface Around {
  readonly dropTeachers?: number | undefined
  readonly superLoss?:
    { readonly regularization: number; readonly threshold?: number | undefined } | undefined
}

/** Puts around a mix what its config asks for. */
function surrounded<Options extends object>(make: MakeMethod<Options>): MakeMethod<Options & Around> {
  return ({ dropTeachers, superLoss: easyFirst, ...options }, run) => {
    const plain = make(options as unknown as Options, run)
    const { seed } = run
    const mix = dropTeachers === undefined ? plain : randomTeacherDrop(plain, { rate: dropTeachers, seed })
    if (easyFirst === undefined) return mix
    const { regularization, threshold } = easyFirst
    return superLoss(mix, { regularization, ...(threshold !== undefined && { threshold }) })
  }
}

const adaptiveOptions = z.strictObject({
  preset: z.enum(presetNames).optional().describe("the authors' settings; what stands beside it wins"),
  variant: z.enum(['amal', 'alm-kd', 'softmax']).optional().describe('range of the weights; amal'),
  temperature: temperature(4),
  teacherWeight: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('that each teacher begins with; 0.9, drawn at random for alm-kd'),
  every: count.default(10).describe('epochs between two updates'),
  warmUpEpochs: z.int().min(0).default(10).describe('no update before this epoch'),
  stepSize: z.number().positive().optional().describe('1500, for alm-kd 2000'),
  repeats: count.optional().describe('steps on each group; 5, for alm-kd 10'),
  groupBatches: count.optional().describe('batches that look one step ahead together; 3'),
  validationBatchSize: heldOut.optional(),
  trainShare: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("how much the group's own labels count in judging it; 0, for alm-kd 0.25"),
  lookAhead: z
    .enum(['last-layer', 'network'])
    .default('last-layer')
    .describe('what takes the step in thought: the closed form, or all layers at many times its cost'),
  ...around,
})

const makeAdaptive: MakeMethod<Omit<z.output<typeof adaptiveOptions>, 'reviseTeacher' | keyof Around>> = (
  { preset, validationBatchSize, ...options },
  run,
) => {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const made = adaptiveMixing({
    ...(preset && adaptiveMixingPresets[preset]),
    ...(Object.fromEntries(given) as AdaptiveMixingOptions),
    ...(validationBatchSize !== undefined && { validationBatchSize: numberOf(validationBatchSize) }),
    // What the run says, whatever the preset was made for.
    teachers: run.teachers,
    batchSize: run.batchSize,
    onUpdate: (update) => {
      run.mixing.update(update)
    },
  })
  run.mixing.follow(made)
  return made
}

const numberOf = (size: number | 'all'): number => (size === 'all' ? Infinity : size)

/** Methods that mix the label with one or several teachers. How many they are, and the batch size, is the run's. */
export const mixingMethods = {
  'adaptive-mixing': method(
    'weights per example, learned on held-out data (AMAL 2023, ALM-KD)',
    adaptiveOptions,
    surrounded(revisable(makeAdaptive)),
  ),
  'fixed-mixing': method(
    'one weight for the label and one for each teacher',
    z.strictObject({
      temperature: temperature(4),
      labelWeight: weight(0.1),
      teacherWeights: z.array(weight(0.9)).min(1).optional().describe('0.9, shared out among the teachers'),
      ...around,
    }),
    surrounded(
      revisable(({ teacherWeights, ...options }, { teachers }) =>
        fixedMixing({
          ...options,
          teacherWeights: teacherWeights ?? new Array<number>(teachers).fill(0.9 / teachers),
        }),
      ),
    ),
  ),
  'meta-weight-net': method(
    'a small network from losses to weights, learned on held-out data (Shu 2019)',
    z.strictObject({
      temperature: temperature(4),
      hiddenUnits: count.default(100),
      networkLearningRate: z.number().positive().default(0.001),
      every: count.default(1).describe('epochs between two trainings of the network'),
      validationBatchSize: heldOut.default(1000),
      reviseTeacher,
    }),
    revisable(({ validationBatchSize, ...options }, { teachers, batchSize, seed }) =>
      metaWeightNet({
        ...options,
        teachers,
        batchSize,
        seed,
        validationBatchSize: numberOf(validationBatchSize),
      }),
    ),
  ),
  'uncertainty-weighting': method(
    'each term weighed by a variance that is trained with the student (Kendall 2018)',
    z.strictObject({ temperature: temperature(4), reviseTeacher }),
    revisable((options, { teachers }) => uncertaintyWeighting({ ...options, teachers })),
  ),
  'grad-norm': method(
    "weights that keep the terms' gradients at a common size (GradNorm 2018)",
    z.strictObject({
      temperature: temperature(4),
      restoringForce: weight(1.5).describe('how much more a term is heard that lags behind'),
      reviseTeacher,
    }),
    revisable((options, { teachers }) => gradNorm({ ...options, teachers })),
  ),
  'curriculum-temperature': method(
    'a temperature that learns to make the task harder (CTKD 2023)',
    z.strictObject({
      minTemperature: z.number().positive().default(1),
      temperatureRange: z.number().positive().default(20),
      curriculumEpochs: count.default(10).describe('until the temperature learns at the whole rate'),
      softLossWeight: weight(0.9),
      hardLossWeight: weight(0.1),
    }),
    curriculumTemperature,
  ),
} as const satisfies Readonly<Record<string, MethodEntry>>
