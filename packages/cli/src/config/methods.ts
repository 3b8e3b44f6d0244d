import { labelLoss, type DistillationMethod } from '@kd/core'
import {
  decoupledKd,
  distKd,
  labelRevision,
  labelSmoothing,
  logitStandardization,
  multiLevelLogit,
  normalizedKd,
  refinedLogits,
  responseCorrection,
  swap,
  teacherFree,
  transformedTeacherMatching,
  vanillaKd,
  weightedSoftLabels,
} from '@kd/losses'
import * as z from 'zod'
import { labelRevisionOptions } from './label-revision-options.js'
import {
  method,
  revisable,
  reviseTeacher,
  temperature,
  warmupEpochs,
  weight,
  type MakeMethod,
  type MethodEntry,
  type MethodRun,
} from './method-entry.js'
import { namedSchema, type Named, type NamedOptions } from './named-options.js'
import { mixingMethods } from './mixing.js'
import { selectable, selectionSchema as selection } from './selection.js'

/** The only map from a method's name in a config to what makes it. */
export const methods = {
  'label-loss': method('no teacher: cross-entropy to the labels', z.strictObject({}), () => labelLoss()),
  'label-smoothing': method(
    'no teacher: part of the label spread over all classes (Szegedy 2016)',
    z.strictObject({ smoothing: z.number().min(0).max(1).default(0.1) }),
    labelSmoothing,
  ),
  'teacher-free': method(
    'a virtual teacher that is sure of the label (Yuan 2020)',
    z.strictObject({
      labelProbability: z.number().gt(0).lt(1).default(0.99),
      temperature: temperature(20),
      studentTemperature: temperature(1),
      softLossWeight: weight(0.1),
      hardLossWeight: weight(0.9),
    }),
    teacherFree,
  ),
  'vanilla-kd': method(
    "imitate the teacher's softened prediction (Hinton 2015)",
    z.strictObject({
      temperature: temperature(4),
      softLossWeight: weight(0.9),
      hardLossWeight: weight(0.1),
      reviseTeacher,
      selection,
    }),
    selectable(revisable(vanillaKd)),
  ),
  'label-revision': method(
    'correct the teacher where it is wrong (Lan 2024)',
    labelRevisionOptions,
    selectable(labelRevision),
  ),
  'weighted-soft-labels': method(
    'weigh each example by how the student does against the teacher (Zhou 2021)',
    z.strictObject({
      temperature: temperature(4),
      softLossWeight: weight(2.25),
      hardLossWeight: weight(1),
      labelSmoothing: z.number().min(0).max(1).default(0),
      epsilon: z.number().positive().default(1e-7),
      reviseTeacher,
    }),
    revisable(weightedSoftLabels),
  ),
  swap: method(
    "exchange the logits of the teacher's wrong choice and of the label",
    z.strictObject({ temperature: temperature(4), softLossWeight: weight(1), hardLossWeight: weight(0) }),
    swap,
  ),
  'response-correction': method(
    'vanilla KD beside a response corrected to the label (Cao 2023)',
    z.strictObject({
      temperature: temperature(4),
      softLossWeight: weight(1),
      hardLossWeight: weight(1),
      correctionWeight: weight(0.1),
    }),
    responseCorrection,
  ),
  'refined-logits': method(
    "keep the teacher's confidence and the classes below the label (RLD 2025)",
    z.strictObject({
      temperature: temperature(4),
      confidenceTemperature: temperature(1),
      sampleConfidenceWeight: weight(1),
      maskedCorrelationWeight: weight(8),
      hardLossWeight: weight(1),
      warmupEpochs,
    }),
    refinedLogits,
  ),
  'decoupled-kd': method(
    'target and non-target classes apart (DKD 2022)',
    z.strictObject({
      temperature: temperature(4),
      targetClassWeight: weight(1),
      nonTargetClassWeight: weight(8),
      hardLossWeight: weight(1),
      warmupEpochs,
      reviseTeacher,
    }),
    revisable(decoupledKd),
  ),
  'dist-kd': method(
    'relations between classes and between examples (DIST 2022)',
    z.strictObject({
      temperature: temperature(1),
      interClassWeight: weight(1),
      intraClassWeight: weight(1),
      hardLossWeight: weight(1),
      reviseTeacher,
    }),
    revisable(distKd),
  ),
  'normalized-kd': method(
    'non-target classes normalized to one (NKD 2023)',
    z.strictObject({
      temperature: temperature(1),
      targetWeight: weight(1),
      nonTargetWeight: weight(1.5),
      hardLossWeight: weight(1),
      reviseTeacher,
    }),
    revisable(normalizedKd),
  ),
  'logit-standardization': method(
    'vanilla KD of standardized logits (2024)',
    z.strictObject({ temperature: temperature(2), softLossWeight: weight(9), hardLossWeight: weight(1) }),
    logitStandardization,
  ),
  'multi-level-logit': method(
    'examples, classes and batch at several temperatures (MLLD 2023)',
    z.strictObject({
      temperatures: z.array(z.number().positive()).min(1).default([2, 3, 4, 5, 6]),
      instanceWeight: weight(0.9),
      classWeight: weight(0.9),
      batchWeight: weight(0.9),
      hardLossWeight: weight(0.1),
    }),
    multiLevelLogit,
  ),
  'transformed-teacher-matching': method(
    'soften the teacher only (TTM 2024)',
    z.discriminatedUnion('weighted', [
      z.strictObject({
        weighted: z.literal(false).default(false),
        temperature: temperature(10),
        softLossWeight: weight(45),
        hardLossWeight: weight(1),
      }),
      z.strictObject({
        weighted: z.literal(true),
        temperature: temperature(10),
        softLossWeight: weight(2.25),
        hardLossWeight: weight(1),
      }),
    ]),
    transformedTeacherMatching,
  ),
  ...mixingMethods,
} as const satisfies Readonly<Record<string, MethodEntry>>

/** A built-in method in a config, all defaults filled in. */
export type MethodConfig = Named<typeof methods>

/** `method: { name, ... }` of a config without a plugin. */
export const methodSchema = namedSchema(methods)

/** Names of methods that have no teacher. Known without making them: some make tensors, which takes an engine. */
export const methodsWithoutTeacher: readonly string[] = ['label-loss', 'label-smoothing', 'teacher-free']

/** Makes a method from the options of a config. */
export type MethodFactory = (options: Readonly<Record<string, unknown>>, run: MethodRun) => DistillationMethod

/**
 * Makes the method of a config.
 *
 * @param config - checked by the schema
 * @param pluginMethods - a plugin's own, by name
 * @param run - that it is made for
 * @returns the method
 */
export function makeMethod(
  config: MethodConfig | NamedOptions<string>,
  pluginMethods: Readonly<Record<string, MethodFactory>>,
  run: MethodRun,
): DistillationMethod {
  const { name, ...options } = config
  if (Object.hasOwn(methods, name))
    return (methods[name as keyof typeof methods].make as MethodFactory)(options, run)
  const make = selectable(revisable(pluginMethods[name]! as MakeMethod<{ readonly temperature: number }>))
  return make(options as Parameters<typeof make>[0], run)
}

/**
 * The form of a plugin's method in a config: options of its own, which it checks, and what goes around any method.
 *
 * @param name - of the method
 * @returns a schema that lets other keys through
 */
export function pluginMethodSchema(name: string): z.ZodObject {
  return z
    .looseObject({ name: z.literal(name), reviseTeacher, selection })
    .refine((options) => options.reviseTeacher === undefined || typeof options['temperature'] === 'number', {
      path: ['temperature'],
      message: 'method.temperature must be a number beside reviseTeacher, which revises at this temperature',
    })
}
