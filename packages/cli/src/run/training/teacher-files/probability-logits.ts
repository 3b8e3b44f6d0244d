import { InvalidArgumentError } from '@kd/core'

/** The least probability whose logarithm is taken: the smallest normal float. */
const LEAST_PROBABILITY = 1.1754943508222875e-38

/**
 * Makes logits of probabilities: temperature · log p.
 *
 * @param probabilities - in [0, 1]
 * @param temperature - of the softmax that they come from
 * @param who - what errors call the teacher
 * @returns as many logits
 * @throws {@link InvalidArgumentError} for a number outside of [0, 1]
 */
export function probabilityLogits(
  probabilities: Float32Array,
  temperature: number,
  who: string,
): Float32Array {
  const wrong = probabilities.find((value) => !(value >= -1e-6 && value <= 1 + 1e-3))
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`${who} must have probabilities in [0, 1], got ${wrong}`, {
      hint: 'leave out outputs: probabilities for a teacher that gives logits',
    })
  }
  return probabilities.map((value) => temperature * Math.log(Math.max(value, LEAST_PROBABILITY)))
}
