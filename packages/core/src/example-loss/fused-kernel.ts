import * as tf from '@tensorflow/tfjs-core'

/** Numbers that a fused kernel takes beside its tensors. */
export type KernelAttributes = Readonly<Record<string, number>>

/** Float and integer arrays as kernels see them. */
export type KernelArray = Float32Array | Int32Array

/**
 * One TensorFlow.js kernel with two implementations: a loop over the rows for the engines whose memory JavaScript can
 * see (cpu, wasm), and a composition of stock operations for all others. An engine may register a faster one of its own
 * under the same name.
 */
export interface FusedKernel {
  readonly name: string
  /** Shape of the output from the shapes of the inputs, in their order. */
  outputShape(inputs: Readonly<Record<string, tf.Tensor>>): number[]
  /** Fills `output` from the inputs' values, in the order of the inputs. */
  loop(
    inputs: readonly KernelArray[],
    output: Float32Array,
    classes: number,
    attributes: KernelAttributes,
  ): void
  /** The same with stock operations. */
  compose(inputs: Readonly<Record<string, tf.Tensor>>, attributes: KernelAttributes): tf.Tensor
}

interface CpuBackend {
  data: { get(dataId: object): { values: KernelArray } }
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo
}
interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo
  typedArrayFromHeap(info: tf.TensorInfo): KernelArray
}

/**
 * Runs a fused kernel on the current engine. The number of classes is the last axis of the first input.
 *
 * @param kernel - its definition; registered with the engine at first use
 * @param inputs - tensors by name
 * @param attributes - further numbers
 * @returns the output, part of the gradient tape if the kernel has a registered gradient
 */
export function runFusedKernel<Output extends tf.Tensor>(
  kernel: FusedKernel,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: KernelAttributes = {},
): Output {
  const engine = tf.engine()
  // The getter starts the default backend if none was chosen yet.
  void engine.backend
  // An engine with a form of its own lets the loop of the cpu engine say what is wrong with inputs that it refuses.
  for (const backendName of [engine.backendName, 'cpu']) {
    if (tf.getKernel(kernel.name, backendName) == null) register(kernel, backendName)
  }
  return engine.runKernel<Output>(kernel.name, { ...inputs }, { ...attributes })
}

function register(kernel: FusedKernel, backendName: string): void {
  const run = implementation(backendName)
  tf.registerKernel({
    kernelName: kernel.name,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) =>
      run(
        kernel,
        inputs as unknown as Record<string, tf.Tensor>,
        attrs as unknown as KernelAttributes,
        backend,
      ),
  })
}

/** The native backend is the cpu one with other memory; for the kernels of @kd it has its own forms, registered before. */
function implementation(backendName: string): Run {
  return { cpu: runOnCpu, native: runOnCpu, wasm: runOnWasm }[backendName] ?? runComposed
}

type Run = (
  kernel: FusedKernel,
  inputs: Record<string, tf.Tensor>,
  attributes: KernelAttributes,
  backend: unknown,
) => tf.TensorInfo

const runOnCpu: Run = (kernel, inputs, attributes, backend) => {
  const cpu = backend as CpuBackend
  const shape = kernel.outputShape(inputs)
  const output = new Float32Array(shape.reduce((product, size) => product * size, 1))
  const values = Object.values(inputs).map((tensor) => cpu.data.get(tensor.dataId).values)
  kernel.loop(values, output, classesOf(inputs), attributes)
  return cpu.makeTensorInfo(shape, 'float32', output)
}

const runOnWasm: Run = (kernel, inputs, attributes, backend) => {
  const wasm = backend as WasmBackend
  // Allocating may move the heap, so the views are taken after it.
  const output = wasm.makeOutput(kernel.outputShape(inputs), 'float32')
  const values = Object.values(inputs).map((tensor) => wasm.typedArrayFromHeap(tensor))
  kernel.loop(values, wasm.typedArrayFromHeap(output) as Float32Array, classesOf(inputs), attributes)
  return output
}

const runComposed: Run = (kernel, inputs, attributes) => tf.tidy(() => kernel.compose(inputs, attributes))

function classesOf(inputs: Record<string, tf.Tensor>): number {
  return Object.values(inputs)[0]!.shape.at(-1)!
}
