import { KdError } from '@kd/core'

/** What is used of a tensor of ONNX Runtime. */
export interface OnnxRuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

/** What is used of a session of ONNX Runtime. */
export interface OnnxSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly inputMetadata?: readonly OnnxTensorInfo[]
  readonly outputMetadata?: readonly OnnxTensorInfo[]
  /** Computes the outputs that `fetches` names. */
  run(
    feeds: Record<string, never>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OnnxRuntimeTensor>>>
  /** Frees what the session holds. */
  release?(): Promise<void>
}

/** What a session says about an input or an output. */
export interface OnnxTensorInfo {
  readonly name: string
  readonly isTensor: boolean
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

/** What makes sessions. */
export interface OnnxSessionFactory {
  /** Makes a session of the bytes of a model. */
  create(bytes: Uint8Array, options?: object): Promise<OnnxSession>
}

/** The module of ONNX Runtime: `onnxruntime-node`, or `onnxruntime-web`. */
export interface OnnxRuntime {
  readonly InferenceSession: OnnxSessionFactory
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown
}

/**
 * Loads ONNX Runtime for Node.
 *
 * @param functionName - for the error
 * @throws KdError that says how to install it, if it is not there
 */
export async function loadRuntime(functionName: string): Promise<OnnxRuntime> {
  try {
    const runtime = (await import('onnxruntime-node')) as unknown as OnnxRuntime & { default?: OnnxRuntime }
    return runtime.default ?? runtime
  } catch (error) {
    throw new KdError(`${functionName}: onnxruntime-node must be installed, got none that can be loaded`, {
      cause: error,
      hint:
        'install it without its download of CUDA: ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node; in a browser ' +
        'give `runtime`, the module onnxruntime-web',
    })
  }
}

/** Makes a session that uses `threads` threads and lets none of them spin, which would take the cores of TensorFlow.js. */
export async function createSession(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  threads: number,
  functionName: string,
): Promise<OnnxSession> {
  try {
    return await runtime.InferenceSession.create(bytes, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Warnings about weights that it drops are of no use to whoever trains a student.
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    })
  } catch (error) {
    throw new KdError(
      `${functionName}: file must be a model that ONNX Runtime runs, got one that it refuses: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

/** Runs a session on one batch of floats and gives the named outputs. */
export async function runSession(
  runtime: OnnxRuntime,
  session: OnnxSession,
  input: { readonly name: string; readonly values: Float32Array; readonly shape: readonly number[] },
  outputs: readonly string[],
): Promise<readonly FloatValues[]> {
  const feeds = { [input.name]: new runtime.Tensor('float32', input.values, input.shape) as never }
  const results = await session.run(feeds, outputs)
  return outputs.map((name) => {
    const { type, dims, data } = results[name]!
    if (type !== 'float32' || !(data instanceof Float32Array)) {
      throw new KdError(`runSession: output ${name} must be of float32, got ${type}`)
    }
    return { values: data, shape: dims }
  })
}

/** Numbers and their shape. */
export interface FloatValues {
  readonly values: Float32Array
  readonly shape: readonly number[]
}
