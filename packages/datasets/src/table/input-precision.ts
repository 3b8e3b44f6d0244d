/** The step of float32 numbers near 1. */
const STEP = 2 ** -24

/**
 * Rounds inputs to float32 unless that would lose what tells the rows apart: a column of 1.7e9 plus or minus 1, such as times in
 * seconds, is kept in double precision, since it is centred only when it is normalised.
 *
 * @param inputs - [rows, size]
 * @param size - the numbers of a row
 * @returns the same numbers, in double precision where the steps of float32 are more than a thousandth of a column's spread
 */
export function roundInputs(inputs: Float64Array, size: number): Float32Array | Float64Array {
  const { mean, standardDeviation } = moments(inputs, size)
  const loses = mean.some((value, feature) => {
    const spread = standardDeviation[feature]!
    return spread > 0 && Math.abs(value) * STEP > 1e-3 * spread
  })
  return loses ? inputs : Float32Array.from(inputs)
}

/** Returns mean and standard deviation (over N) of each feature; one that never changes gets a deviation of 0. */
export function moments(
  inputs: Float32Array | Float64Array,
  size: number,
): { readonly mean: number[]; readonly standardDeviation: number[] } {
  const count = inputs.length / size
  const mean = new Array<number>(size).fill(0)
  for (let index = 0; index < inputs.length; index++) mean[index % size]! += inputs[index]! / count
  const variance = new Array<number>(size).fill(0)
  for (let index = 0; index < inputs.length; index++)
    variance[index % size]! += (inputs[index]! - mean[index % size]!) ** 2 / count
  // Rounding leaves a trace of variance in a constant column; dividing by it would blow noise up.
  const trace = inputs instanceof Float32Array ? 1e-7 : 1e-13
  return {
    mean,
    standardDeviation: variance.map((value, feature) =>
      value > (trace * Math.abs(mean[feature]!)) ** 2 ? Math.sqrt(value) : 0,
    ),
  }
}
