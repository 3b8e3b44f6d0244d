import jstat from 'jstat'
import { mean, sampleStandardDeviation, tTest } from 'simple-statistics'

/** Mean ± sample standard deviation. */
export const figure = (numbers) =>
  numbers.length > 1
    ? `${mean(numbers).toFixed(2)} ± ${sampleStandardDeviation(numbers).toFixed(2)}`
    : numbers[0].toFixed(2)

/** Two-sided p of the paired t-test that both have the same mean. */
export function pairedTest(numbers, baseline) {
  const differences = numbers.map((value, seed) => value - baseline[seed])
  if (differences.length < 2 || sampleStandardDeviation(differences) === 0) return ''
  const t = tTest(differences, 0)
  return (2 * jstat.studentt.cdf(-Math.abs(t), differences.length - 1)).toFixed(3)
}
