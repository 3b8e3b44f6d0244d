/** What run.js bundles and runs once per engine: TensorFlow.js's own tests. */
import './declare.js'
import '@tensorflow/tfjs-core/dist/tests.js'
import { execute } from './jasmine.js'

await execute()
