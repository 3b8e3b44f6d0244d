import { InvalidArgumentError } from '@kd/core'
import type { OnnxModel } from '../file/onnx-model.js'
import { readOnnx } from '../file/read-onnx.js'
import { writeOnnx } from '../file/write-onnx.js'
import { loadRuntime, type OnnxRuntime } from '../runtime.js'
import { calibrate, type Calibration } from './calibrate.js'
import { foldBatchNormalization } from './fold-batch-normalization.js'
import { halfWeights, wholeWeights } from './weights.js'
import { quantizeActivations } from './quantize-activations.js'

/** Options of {@link quantizeOnnx}: which weights become smaller, or that all is computed in integers. */
export type QuantizeOnnxOptions =
  | { readonly weights: 'float16' | 'int8' }
  | {
      readonly activations: 'int8'
      /** Inputs as the file takes them, each array a batch [N, ...shape of the input]. */
      readonly calibration: Calibration
      /** The module of the runtime. @defaultValue onnxruntime-node */
      readonly runtime?: OnnxRuntime
    }

/** Since this version DequantizeLinear has a scale for each channel. */
const LEAST_OPSET = 13

/**
 * Makes an ONNX file smaller.
 *
 * - `weights: 'float16'`: kernels are kept as half precision numbers and cast when they are used; half the size.
 * - `weights: 'int8'`: kernels are kept as integers q in [-127, 127], w = scale · q with scale = max |w| / 127 of each output channel; a quarter.
 * - `activations: 'int8'`: batch normalisation is folded into the convolution before it, and inputs and outputs of convolutions, dense layers,
 *   sums and poolings are rounded too, x = scale · (q - zeroPoint) with the range that calibration showed, so that the runtime computes in integers.
 *
 * How much accuracy that costs depends on the network: measure it on held-out data.
 *
 * @param bytes - the file, of operator version 13 or newer and without operators of its own
 * @param options - see {@link QuantizeOnnxOptions}
 * @returns the bytes of the new file; the given ones do not change
 * @throws {@link KdError} for a broken file, and if the runtime is needed and not there
 * @throws {@link InvalidArgumentError} for a file without kernels of floats, an older one, and calibration without examples
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { mlp } from '@kd/models'
 * import { exportOnnx, quantizeOnnx } from '@kd/onnx'
 *
 * await selectEngine('cpu')
 * const file = await exportOnnx(mlp({ inputShape: [64], hiddenUnits: [256], classes: 10 }))
 * const small = await quantizeOnnx(file, { weights: 'int8' })
 * console.log(small.length < 0.35 * file.length) // true
 * ```
 *
 * @see B. Jacob et al.: Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR 2018
 */
export async function quantizeOnnx(bytes: Uint8Array, options: QuantizeOnnxOptions): Promise<Uint8Array> {
  const model = readOnnx(bytes)
  assertQuantizable(model)
  if ('weights' in options) {
    if (options.weights === 'float16') return writeOnnx(halfWeights(model))
    if ((options.weights as string) === 'int8') return writeOnnx(wholeWeights(model))
    throw new InvalidArgumentError(
      `quantizeOnnx: weights must be 'float16' or 'int8', got ${options.weights as string}`,
    )
  }
  if ((options.activations as string | undefined) !== 'int8') {
    throw new InvalidArgumentError(
      `quantizeOnnx: options must have weights, or activations: 'int8', got ${JSON.stringify(options)}`,
    )
  }
  const folded = foldBatchNormalization(model)
  const runtime = options.runtime ?? (await loadRuntime('quantizeOnnx'))
  const ranges = await calibrate(runtime, folded, options.calibration)
  return writeOnnx(quantizeActivations(folded, ranges))
}

function assertQuantizable(model: OnnxModel): void {
  const fail = (rule: string, found: string, hint: string): never => {
    throw new InvalidArgumentError(`quantizeOnnx: file must ${rule}, got ${found}`, { hint })
  }
  if (model.opset < LEAST_OPSET) {
    fail(
      `be of operator version ${LEAST_OPSET} or newer`,
      String(model.opset),
      'export it with a newer version',
    )
  }
  if (model.custom)
    fail('have standard operators only', 'functions or another domain', 'export it without them')
}
