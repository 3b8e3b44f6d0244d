import type { EngineLoader } from './engine.js'
import { importOptional, versionIn } from './import-optional.js'
import { assertNode, restoreRemovedUtilities } from './node-runtime.js'

const remedy =
  'npm rebuild @tensorflow/tfjs-node repeats its download; without one build the addon: docs/engines.md of @kd says how'

/** libtensorflow on the CPU, where tfjs-node is installed and its binary works. */
export const nodeEngine: EngineLoader = {
  name: 'node',
  backend: 'tensorflow',
  async load() {
    assertNode()
    restoreRemovedUtilities()
    return versionIn(await importOptional('@tensorflow/tfjs-node', remedy), 'version', 'tfjs-node')
  },
}
