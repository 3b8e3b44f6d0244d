// Importing the layers package is what registers the gradients; tfjs-core alone has none in Node.
import '@tensorflow/tfjs-layers'
import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError, KdError } from '../errors.js'
import type { Engine, EngineName, EngineOptions } from './engine.js'
import { engineNames, engines } from './engines.js'
import { firstLine, withHint } from './import-optional.js'
import { startEngine } from './start-engine.js'

/**
 * Chooses what TensorFlow.js computes with. Without a name it takes the first that loads of node-gpu, native, node, wasm
 * and cpu; webgpu is taken only by name. Afterwards gradients are registered and production mode is on, which leaves out
 * TensorFlow.js's checks for NaN and its advice on the console.
 *
 * @param name - one engine and no other, such as `'wasm'`
 * @param options - settings of the engines
 * @returns the engine, and why those before it were passed over
 * @throws {@link InvalidArgumentError} for an unknown name
 * @throws {@link KdError} when the engine asked for does not load
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 *
 * const engine = await selectEngine('wasm')
 * console.log(engine.name, engine.backend) // wasm wasm
 * ```
 */
export async function selectEngine(name?: EngineName, options: EngineOptions = {}): Promise<Engine> {
  if (name !== undefined && !engineNames.includes(name)) {
    throw new InvalidArgumentError(
      `selectEngine: name must be one of ${engineNames.join(', ')}, got ${name as string}`,
    )
  }
  tf.enableProdMode()
  const skipped: { name: EngineName; reason: string }[] = []
  const hints: string[] = []
  for (const candidate of name === undefined ? defaultOrder : [name]) {
    const loader = engines[candidate]
    try {
      const version = await startEngine(loader, options)
      return { name: candidate, backend: loader.backend, version, skipped }
    } catch (cause) {
      skipped.push({ name: candidate, reason: firstLine(cause) })
      const { hint } = withHint(cause)
      if (hint !== undefined) hints.push(hint)
    }
  }
  const reasons = skipped.map((engine) => `${engine.name}: ${engine.reason}`).join('; ')
  throw new KdError(
    `selectEngine: ${name === undefined ? 'an engine' : `engine ${name}`} must load, got ${reasons}`,
    {
      hint: [
        ...hints,
        'probeEngines() and `kd doctor` tell for every engine whether it loads; without a name the first that does is taken',
      ].join('; '),
    },
  )
}

const defaultOrder = engineNames.filter((name) => name !== 'webgpu')
