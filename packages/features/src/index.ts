export { fitnetHint, type FitnetHintOptions } from './fitnet-hint/fitnet-hint.js'
