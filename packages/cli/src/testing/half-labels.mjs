import { crossEntropy } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'

/** A plugin as a user writes one without definitions: a method that scales the label's loss. */
export default {
  methods: {
    'half-labels': ({ scale = 0.5 }) => ({
      name: 'half-labels',
      needs: {},
      start: () => ({
        phases: [
          {
            learner: 'student',
            loss: ({ studentLogits, labels }) => ({
              label: tf.mul(scale, crossEntropy(studentLogits, labels)),
            }),
          },
        ],
      }),
    }),
  },
}
