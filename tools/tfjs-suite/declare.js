/** Must be evaluated before the tests: they are declared for the environments that are known by then. */
import './jasmine.js'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { useFusions } from '@kd/native'
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js'

useFusions(process.env.KD_SUITE_FUSIONS !== 'off')
// One name for all engines, so that a test has the same name on each.
setTestEnvs([{ name: 'engine', backendName: process.env.KD_SUITE_ENGINE, flags: {}, isDataSync: true }])
