export { meanAndDeviation, type MeanAndDeviation } from './mean-and-deviation.js'
export { eventFileHeader, eventRecord, readEventFile, type ScalarEvent } from './event-file/event-file.js'
