import { meanAndDeviation } from '@kd/report'

const { mean, standardDeviation } = meanAndDeviation([1, 3])
if (mean !== 2 || Math.abs(standardDeviation - Math.SQRT2) > 1e-12)
  throw new Error(`meanAndDeviation gave ${mean} and ${standardDeviation}`)
