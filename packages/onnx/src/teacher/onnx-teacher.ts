import { InvalidArgumentError, ShapeError, type Outputs, type Question, type Teacher } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { withOutputs } from '../file/with-outputs.js'
import { featureTensors } from './feature-tensors.js'
import { joined, renormalized, toChannelsFirst, toChannelsLast } from './layout.js'
import {
  createSession,
  loadRuntime,
  runSession,
  type FloatValues,
  type OnnxRuntime,
  type OnnxSession,
  type OnnxTensorInfo,
} from '../runtime.js'
import { teacherLogits } from './teacher-logits.js'
import { assertTeacherOptions, type OnnxTeacherOptions } from './teacher-options.js'

/** A teacher in ONNX Runtime. It knows its features, and has a session to free. */
export interface OnnxTeacher extends Teacher {
  readonly features: readonly string[]
  dispose(): void
}

/** What the teacher reads from, whether it was given a file or a session. */
interface Source {
  readonly session: OnnxSession
  readonly logits: string
  readonly features: ReadonlyMap<string, string>
  /** The session that gives some tensors: the given one, or one of its own. */
  sessionWith(tensors: readonly string[]): Promise<OnnxSession>
  dispose(): void
}

/**
 * Makes a teacher of an ONNX file, which ONNX Runtime runs, on one thread by default and without spinning ones.
 *
 * Features are `'penultimate'`, the input of the last Gemm or MatMul, `'stage1'` ... `'stageK'` for images, every inner tensor by its name,
 * and those of `options.features`. Features of four axes are taken as [N, C, H, W] and given as [N, H, W, C]. A session shows its outputs only.
 *
 * @param source - the bytes of a file, or a session. A session stays the caller's to release.
 * @param options - see {@link OnnxTeacherOptions}
 * @returns a teacher whose answers are promises
 * @throws {@link KdError} if onnxruntime-node is not installed, for a file that is broken or that the runtime refuses
 * @throws {@link InvalidArgumentError} for options that do not fit the file
 * @throws {@link ShapeError} for another class count or input shape than the data set's
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { loadDataset } from '@kd/datasets'
 * import { mlp } from '@kd/models'
 * import { exportOnnx, onnxTeacher } from '@kd/onnx'
 *
 * await selectEngine('cpu')
 * const dataset = await loadDataset({ name: 'digits' })
 * const file = await exportOnnx(mlp({ inputShape: dataset.inputShape, hiddenUnits: [32], classes: 10 })) // from elsewhere, in earnest
 * const teacher = await onnxTeacher(file, { dataset })
 * console.log(teacher.features.includes('penultimate')) // true
 * ```
 */
export async function onnxTeacher(
  source: Uint8Array | OnnxSession,
  options: OnnxTeacherOptions = {},
): Promise<OnnxTeacher> {
  assertTeacherOptions(options)
  const runtime = options.runtime ?? (await loadRuntime('onnxTeacher'))
  const from =
    source instanceof Uint8Array ? await fileSource(runtime, source, options) : sessionSource(source, options)
  const input = inputOf(from.session, options)
  const layout = layoutOf(input, options)
  const feature = (name: string): string => {
    const tensor = from.features.get(name)
    if (tensor !== undefined) return tensor
    throw new InvalidArgumentError(
      `onnxTeacher: feature must be one that ${teacherName(options)} can show, got ${name}`,
      {
        hint: `it can show ${[...from.features.keys()].slice(0, 40).join(', ')}`,
      },
    )
  }

  const ask = async (values: FloatValues, names: readonly string[]): Promise<readonly FloatValues[]> => {
    const tensors = [from.logits, ...names.map(feature)]
    const session = await from.sessionWith(tensors)
    const { dataset, normalization } = options
    const normalized =
      normalization === undefined ? values : renormalized(values, dataset!.normalization, normalization)
    const wanted = [...new Set(tensors)]
    const results: (readonly FloatValues[])[] = []
    for (const part of input.shape?.[0] === 1 ? singles(normalized) : [normalized]) {
      const fed = layout === 'nchw' && part.shape.length === 4 ? toChannelsFirst(part) : part
      results.push(await runSession(runtime, session, { name: input.name, ...fed }, wanted))
    }
    const [logits, ...features] = tensors.map((tensor) =>
      joined(results.map((result) => result[wanted.indexOf(tensor)]!)),
    )
    return [teacherLogits(logits!, options), ...features.map(toChannelsLast)]
  }

  const teacher: OnnxTeacher = {
    name: teacherName(options),
    features: [...from.features.keys()],
    async answer({ inputs, features }: Question): Promise<Outputs> {
      const values = { values: Float32Array.from(await inputs.data()), shape: inputs.shape }
      const [logits, ...others] = (await ask(values, features)).map((result) =>
        tf.tensor(result.values, [...result.shape]),
      )
      return {
        logits: logits!,
        features: Object.fromEntries(features.map((name, index) => [name, others[index]!])),
      }
    },
    dispose: () => {
      from.dispose()
    },
  }
  if (options.dataset === undefined) return teacher
  try {
    const shape = [1, ...options.dataset.inputShape]
    await ask(
      { values: new Float32Array(tf.util.sizeFromShape(shape)), shape },
      Object.keys(options.features ?? {}),
    )
  } catch (error) {
    from.dispose()
    throw error
  }
  return teacher
}

function teacherName({ name = 'an ONNX model' }: OnnxTeacherOptions): string {
  return name
}

async function fileSource(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  options: OnnxTeacherOptions,
): Promise<Source> {
  const { description, features: found } = await featureTensors(runtime, bytes, 'onnxTeacher')
  const known = new Set([...description.tensors, ...description.outputs.map(({ name }) => name)])
  const features = new Map([...found, ...Object.entries(options.features ?? {})])
  const logits =
    options.logits ??
    (options.probabilities === true ? undefined : description.beforeSoftmax) ??
    description.outputs[0]?.name
  for (const tensor of [logits, ...Object.values(options.features ?? {})]) {
    if (tensor === undefined || !known.has(tensor)) {
      throw new InvalidArgumentError(`onnxTeacher: tensor must be one of the graph, got ${String(tensor)}`, {
        hint: `some of them: ${[...known].slice(-40).join(', ')}`,
      })
    }
  }
  const outputs = new Set(description.outputs.map(({ name }) => name))
  const sessions = new Map<string, Promise<OnnxSession>>()
  const sessionWith = (tensors: readonly string[]): Promise<OnnxSession> => {
    const inner = [...new Set(tensors)].filter((tensor) => !outputs.has(tensor)).sort()
    const key = inner.join('\n')
    const made =
      sessions.get(key) ??
      createSession(runtime, withOutputs(bytes, inner), options.threads ?? 1, 'onnxTeacher')
    sessions.set(key, made)
    return made
  }
  return {
    session: await sessionWith([logits!]),
    logits: logits!,
    features,
    sessionWith,
    dispose: () => {
      for (const session of sessions.values()) void session.then((made) => made.release?.())
      sessions.clear()
    },
  }
}

function sessionSource(session: OnnxSession, options: OnnxTeacherOptions): Source {
  const logits = options.logits ?? session.outputNames[0]!
  const own = session.outputNames.map((name) => [name, name] as const)
  const features = new Map([...own, ...Object.entries(options.features ?? {})])
  for (const tensor of [logits, ...features.values()]) {
    if (!session.outputNames.includes(tensor)) {
      throw new InvalidArgumentError(`onnxTeacher: tensor must be an output of the session, got ${tensor}`, {
        hint: `its outputs: ${session.outputNames.join(', ')}; give the file's bytes to reach inner tensors`,
      })
    }
  }
  return { session, logits, features, sessionWith: () => Promise.resolve(session), dispose: () => undefined }
}

function inputOf(session: OnnxSession, options: OnnxTeacherOptions): OnnxTensorInfo {
  const { input, dataset } = options
  const names = session.inputNames
  if (input === undefined ? names.length !== 1 : !names.includes(input)) {
    throw new InvalidArgumentError(
      `onnxTeacher: input must be the only one of ${teacherName(options)}, got ${input ?? 'none'} of ${names.join(', ')}`,
      names.length > 1 ? { hint: 'a teacher is given one input; export one that needs no others' } : {},
    )
  }
  const name = input ?? names[0]!
  if (names.length > 1) {
    throw new InvalidArgumentError(
      `onnxTeacher: ${teacherName(options)} must have one input, got ${names.join(', ')}`,
    )
  }
  const info = session.inputMetadata?.find((candidate) => candidate.name === name) ?? { name, isTensor: true }
  if (info.type !== undefined && info.type !== 'float32') {
    throw new InvalidArgumentError(`onnxTeacher: the input ${name} must be of float32, got ${info.type}`, {
      hint: 'export the model with inputs of float32',
    })
  }
  const batch = info.shape?.[0]
  if (typeof batch === 'number' && batch > 1) {
    throw new ShapeError(
      `onnxTeacher: the input ${name} must have a free batch axis or one of 1, got ${batch}`,
      {
        hint: 'export the model with a dynamic batch axis',
      },
    )
  }
  const rank = dataset === undefined ? undefined : dataset.inputShape.length + 1
  if (rank !== undefined && info.shape !== undefined && info.shape.length !== rank) {
    throw new ShapeError(
      `onnxTeacher: the input ${name} must take examples of [${dataset!.inputShape.join(', ')}], got [${info.shape.join(', ')}]`,
    )
  }
  return info
}

/** Which order of an image's axes the input has. */
function layoutOf({ name, shape }: OnnxTensorInfo, { layout, dataset }: OnnxTeacherOptions): 'nchw' | 'nhwc' {
  if (layout !== undefined || shape?.length !== 4) return layout ?? 'nhwc'
  const fits = (sizes: readonly number[]): boolean =>
    sizes.every((size, axis) => typeof shape[axis + 1] !== 'number' || shape[axis + 1] === size)
  const looksLikeChannels = (axis: number): boolean => [1, 3, 4].includes(Number(shape[axis]))
  const [height, width, channels] = dataset?.inputShape ?? []
  const first = dataset === undefined ? looksLikeChannels(1) : fits([channels!, height!, width!])
  const last = dataset === undefined ? looksLikeChannels(3) : fits([height!, width!, channels!])
  if (first !== last) return first ? 'nchw' : 'nhwc'
  const found = `[${shape.join(', ')}]`
  if (first)
    throw new InvalidArgumentError(
      `onnxTeacher: layout must be given for the input ${name}, got ${found}, where both orders fit`,
    )
  throw new ShapeError(
    `onnxTeacher: the input ${name} must take images of ${dataset === undefined ? '1, 3 or 4 channels' : `[${dataset.inputShape.join(', ')}]`}, got ${found}`,
    { hint: 'give `layout` where the axes are in another order' },
  )
}

/** Cuts a batch into examples. */
function singles({ values, shape }: FloatValues): FloatValues[] {
  const size = values.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, index) => ({
    values: values.subarray(index * size, (index + 1) * size),
    shape: [1, ...shape.slice(1)],
  }))
}
