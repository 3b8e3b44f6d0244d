import * as tf from '@tensorflow/tfjs-core'

/** Distance from the branch point, as p below, under which the series is taken: Halley's step divides by 0 there. */
const NEAR = 0.2

/** W = -1 + p - p^2/3 + ... in p = sqrt(2 (1 + e y)) = sqrt(2 e above), from Corless et al. 1996, equation 4.22. */
const SERIES = [-1, 1, -1 / 3, 11 / 72, -43 / 540, 769 / 17280]

/** Steps that reach float32 from the starting values, whatever y is. */
const STEPS = 5

/**
 * Lambert's W on its principal branch, the w >= -1 with w e^w = y, of y = above - 1 / e. It is taken of the distance from the branch
 * point because it has an infinite slope there: rounding y would cost half of the digits.
 *
 * @param above - numbers >= 0 of any shape
 * @returns of the same shape; no gradient is defined to be used
 *
 * @see Corless, Gonnet, Hare, Jeffrey, Knuth: On the Lambert W function, Advances in Computational Mathematics 5, 1996
 */
export function lambertW<Shape extends tf.Tensor>(above: Shape): Shape {
  return tf.tidy(() => {
    const y = tf.sub(above, 1 / Math.E)
    const p = tf.sqrt(tf.mul(2 * Math.E, above))
    const near = SERIES.reduceRight<tf.Tensor>(
      (sum, coefficient) => tf.add(coefficient, tf.mul(p, sum)),
      tf.zerosLike(p),
    )
    let w: tf.Tensor = tf.where(tf.less(y, 0), near, tf.log1p(tf.relu(y)))
    for (let step = 0; step < STEPS; step++) {
      const exponential = tf.exp(w)
      const error = tf.sub(tf.mul(w, exponential), y)
      const slope = tf.mul(exponential, tf.add(w, 1))
      const curvature = tf.div(tf.mul(tf.add(w, 2), error), tf.add(tf.mul(2, w), 2))
      w = tf.sub(w, tf.div(error, tf.sub(slope, curvature)))
    }
    return tf.where<Shape>(tf.less(p, NEAR), near as Shape, w as Shape)
  })
}
