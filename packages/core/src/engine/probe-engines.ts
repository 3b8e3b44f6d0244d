import '@tensorflow/tfjs-layers'
import * as tf from '@tensorflow/tfjs-core'
import type { EngineName, EngineOptions } from './engine.js'
import { engineNames, engines } from './engines.js'
import { firstLine, withHint } from './import-optional.js'
import { currentBackend, startEngine } from './start-engine.js'

/** What came of trying one engine. */
export interface EngineProbe {
  readonly name: EngineName
  readonly loads: boolean
  /** Version of the package that brings it, where it loads. */
  readonly version?: string
  /** One line on what stands in the way, where it does not. */
  readonly reason?: string
  /** How to mend that, where there is a way. */
  readonly hint?: string
}

/**
 * Tries every engine once. The engine in use stays in use; if none was chosen yet, the first of the default order that
 * loads is.
 *
 * @param options - as for {@link selectEngine}
 * @returns one entry for each engine, in the default order, webgpu last
 *
 * @example
 * ```ts
 * import { probeEngines } from '@kd/core'
 *
 * for (const { name, loads, reason } of await probeEngines()) console.log(name, loads ? 'loads' : reason)
 * ```
 */
export async function probeEngines(options: EngineOptions = {}): Promise<EngineProbe[]> {
  tf.enableProdMode()
  let restored = currentBackend()
  const probes: EngineProbe[] = []
  for (const name of engineNames) {
    try {
      const version = await startEngine(engines[name], options)
      restored ??= engines[name].backend
      probes.push({ name, loads: true, version })
    } catch (error) {
      const { hint } = withHint(error)
      probes.push({ name, loads: false, reason: firstLine(error), ...(hint !== undefined && { hint }) })
    }
  }
  if (restored !== undefined) await tf.setBackend(restored)
  return probes
}
