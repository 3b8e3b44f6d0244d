// Runs before each test file, also in a process that test files share.
import '@tensorflow/tfjs-backend-cpu'
// Importing the layers package is what registers the gradients.
import '@tensorflow/tfjs-layers'
import { setTimeout } from 'node:timers/promises'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll } from 'vitest'
import { leftBehind, processState } from './test-runs/left-behind.js'

tf.enableProdMode() // also silences the advice to install tfjs-node
await tf.setBackend('cpu')

const before = processState()
tf.engine().startScope('test file')
afterAll(async () => {
  tf.engine().endScope()
  tf.disposeVariables()
  // What was ended a moment ago may still be active, as are timers by which Vitest reports.
  for (let wait = 0; wait < 20 && leftBehind(before).length > 0; wait++) await setTimeout(50)
  const left = leftBehind(before)
  if (left.length > 0)
    throw new Error(
      `this file leaves something behind for those that share its process:\n${left.join('\n')}\n` +
        'Undo it in afterAll, or write on the first line: // @isolated: reason',
    )
})
