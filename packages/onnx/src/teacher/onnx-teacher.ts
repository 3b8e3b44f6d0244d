import { InvalidArgumentError, type Outputs, type Question, type Teacher } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { joined, renormalized, toChannelsFirst, toChannelsLast } from './layout.js'
import { loadRuntime, runSession, type FloatValues, type OnnxRuntime, type OnnxSession } from '../runtime.js'
import { teacherLogits } from './teacher-logits.js'
import { inputOf, layoutOf } from './teacher-input.js'
import { assertTeacherOptions, teacherName, type OnnxTeacherOptions } from './teacher-options.js'
import { fileSource, sessionSource, type TeacherSource } from './teacher-source.js'

/** A teacher in ONNX Runtime. It knows its features, and has a session to free. */
export interface OnnxTeacher extends Teacher {
  readonly features: readonly string[]
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
  const ask = asker(runtime, from, options)
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

/** Gives the logits, then the features of one batch, channels last. */
type Ask = (values: FloatValues, names: readonly string[]) => Promise<readonly FloatValues[]>

/** Makes the function that asks the runtime: it normalises, turns, feeds, and turns back. */
function asker(runtime: OnnxRuntime, from: TeacherSource, options: OnnxTeacherOptions): Ask {
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

  return async (values, names) => {
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
}

/** Cuts a batch into examples. */
function singles({ values, shape }: FloatValues): FloatValues[] {
  const size = values.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, index) => ({
    values: values.subarray(index * size, (index + 1) * size),
    shape: [1, ...shape.slice(1)],
  }))
}
