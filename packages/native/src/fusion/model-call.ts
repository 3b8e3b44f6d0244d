import * as tf from '@tensorflow/tfjs-core'
import { canNormalize, normalizeInTraining } from './batch-norm-layer.js'
import type { Chain } from './chain-plan.js'
import { runFoldedChain } from './folded-chain.js'
import { fusionsAreOn } from './fusions.js'
import { whenRegistered, type Layer, type SymbolicTensor } from './layers.js'
import { planModel, type Plan } from './model-plan.js'
import type { Block, Step } from './plan-step.js'
import { canConvolve, canMultiply, convolve, isDilated, multiply } from './weighted-layers.js'

interface Model {
  readonly inputs: SymbolicTensor[]
  readonly outputs: SymbolicTensor[]
}
type Inputs = tf.Tensor | tf.Tensor[]
type Keywords = Record<string, unknown>
type Call = (this: Model, inputs: Inputs, kwargs: Keywords) => Inputs

/**
 * Lets models of tfjs-layers run neighbouring layers as one kernel: convolution, normalisation, sum and relu without a
 * gradient; normalisation, sum and relu in training. It takes effect in `model.apply` and models within models. On other
 * backends, with fusions off, or for a gradient of a model that is not in training, the layers run one by one.
 */
export function fuseModelCalls(): void {
  const plans = new WeakMap<Model, { plan: Plan | undefined }>()
  const planOf = (model: Model): Plan | undefined => {
    let entry = plans.get(model)
    if (entry === undefined) plans.set(model, (entry = { plan: planModel(model) }))
    return entry.plan
  }
  whenRegistered<{ call: Call }>('Model', (prototype) => {
    const stock = prototype.call
    prototype.call = function (inputs, kwargs) {
      const training = kwargs?.['training'] === true
      const usable = fusionsAreOn() && tf.getBackend() === 'native' && kwargs?.['mask'] == null
      const plan = usable && (training || !recording()) ? planOf(this) : undefined
      if (plan === undefined) return stock.call(this, inputs, kwargs)
      return tf.tidy(() => runPlan(plan, this, [inputs].flat(), kwargs ?? {}, training))
    }
  })
}

/** Whether a gradient will be asked for of what is computed now. */
function recording(): boolean {
  return (tf.engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0
}

function runPlan(plan: Plan, model: Model, inputs: tf.Tensor[], kwargs: Keywords, training: boolean): Inputs {
  const values = new Map(model.inputs.map(({ id }, index) => [id, inputs[index]!]))
  const left = new Map(plan.uses)
  const release = (step: Step): void => {
    if (training) return
    for (const { id } of step.inputs) {
      const uses = left.get(id)! - 1
      left.set(id, uses)
      const tensor = values.get(id)
      if (uses === 0 && tensor !== undefined && !inputs.includes(tensor)) tensor.dispose()
    }
  }
  for (let index = 0; index < plan.steps.length;) {
    const chain = training ? undefined : plan.chains.get(index)
    const results = chain === undefined ? undefined : runChain(chain, values)
    const steps = results === undefined ? [plan.steps[index]!] : chain!.steps
    results?.forEach((result, place) => values.set(chain!.outputs[place]!.id, result))
    if (results === undefined) {
      const [step] = steps
      const given = step!.inputs.map(({ id }) => values.get(id)!)
      values.set(step!.output.id, runStep(step!, given, kwargs, training))
    }
    steps.forEach(release)
    index += steps.length
  }
  const outputs = model.outputs.map(({ id }) => values.get(id)!)
  return outputs.length === 1 ? outputs[0]! : outputs
}

function runChain(chain: Chain, values: ReadonlyMap<number, tf.Tensor>): tf.Tensor[] | undefined {
  if (!chain.steps.every((step) => step.single.every(isIdle))) return undefined
  return runFoldedChain(
    chain,
    chain.inputs.map(({ id }) => values.get(id)!),
  )
}

function runStep(step: Step, inputs: tf.Tensor[], kwargs: Keywords, training: boolean): tf.Tensor {
  const { block, layer } = step
  if (block === undefined) return applyLayer(layer, inputs, kwargs)
  const [x, residual] = inputs as [tf.Tensor, tf.Tensor?]
  const fused =
    training && step.single.every(isIdle) ? runInTraining(step, block, x, residual, kwargs) : undefined
  return fused ?? runOneByOne(step, inputs, kwargs)
}

/** A layer that is built, and that nobody listens to. */
function isIdle({ layer }: Step): boolean {
  return layer.built && Reflect.get(layer, '_callHook') == null
}

function runOneByOne(step: Step, inputs: tf.Tensor[], kwargs: Keywords): tf.Tensor {
  const values = new Map(step.inputs.map(({ id }, index) => [id, inputs[index]!]))
  for (const { layer, inputs: names, output } of step.single) {
    const given = names.map(({ id }) => values.get(id)!)
    values.set(output.id, applyLayer(layer, given, kwargs))
  }
  return values.get(step.output.id)!
}

function applyLayer(layer: Layer, inputs: tf.Tensor[], kwargs: Keywords): tf.Tensor {
  return [layer.apply(inputs, kwargs)].flat()[0]!
}

/** Undefined where the block does not take the input. A relu6 stays an operation of its own: its gradient needs its input. */
function runInTraining(
  { single }: Step,
  { convolution, dense, norm, relu, padding }: Block,
  x: tf.Tensor,
  residual: tf.Tensor | undefined,
  kwargs: Keywords,
): tf.Tensor | undefined {
  if (dense !== undefined) return canMultiply(dense, x) ? multiply(dense, x) : undefined
  const fusedRelu = relu === Infinity
  let y = x
  if (convolution !== undefined) {
    const fits = convolution.kernel != null && canConvolve(convolution, x) && !isDilated(convolution)
    if (norm === undefined && !fits) return undefined
    if (fits) y = convolve(convolution, x, norm === undefined && fusedRelu, padding)
    else {
      const zeros = padding === undefined ? x : applyLayer(single[0]!.layer, [x], kwargs)
      y = applyLayer(convolution, [zeros], kwargs)
    }
  }
  if (norm !== undefined) {
    if (!canNormalize(norm, y) || (residual !== undefined && !tf.util.arraysEqual(residual.shape, y.shape)))
      return undefined
    y = normalizeInTraining(norm, y, { residual, relu: fusedRelu })
  }
  return relu === undefined || fusedRelu ? y : tf.clipByValue(tf.relu(y), 0, relu)
}
