export { meanAndDeviation, type MeanAndDeviation } from './mean-and-deviation.js'
