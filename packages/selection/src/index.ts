export type { LastLayerExamples } from './examples/last-layer-examples.js'
export type { LabelList, NumberTable, Table } from './examples/table.js'

export type { ForEachBlock, LastLayerBlock } from './last-layer/last-layer-blocks.js'
export type { LastLayerHessian } from './last-layer/last-layer-hessian.js'
export type { Matrix } from './last-layer/matrix-products.js'
export type { CurvatureOptions } from './last-layer/prepare-last-layer.js'

export {
  conjugateGradient,
  type ConjugateGradientOptions,
  type ConjugateGradientReport,
} from './solvers/conjugate-gradient.js'
export { diagonalHessian } from './solvers/diagonal-hessian.js'
export { directSolve } from './solvers/direct-solve.js'
export type { HessianSolver, SolveHessian } from './solvers/hessian-solver.js'
export { identityHessian } from './solvers/identity-hessian.js'
export { kroneckerHessian } from './solvers/kronecker-hessian.js'
export { lissa, type LissaOptions } from './solvers/lissa.js'

export type { OwnGradientOptions } from './influence/gradient-solutions.js'
export {
  lastLayerInfluence,
  type LastLayerInfluenceOptions,
  type LastLayerInfluenceSettings,
  type LastLayerStream,
} from './influence/last-layer-influence.js'
export { groupParameterInfluence } from './influence/group-parameter-influence.js'
export { parameterInfluence } from './influence/parameter-influence.js'
export { selfInfluence, type SelfInfluenceOptions } from './influence/self-influence.js'
export {
  wholeNetworkInfluence,
  type WholeNetworkInfluenceOptions,
} from './influence/whole-network-influence.js'
export type { NetworkExamples } from './network/network-examples.js'
export { tracIn, type Checkpoint, type TracInOptions } from './influence/trac-in.js'

export { correctness } from './scores/correctness.js'
export { el2n } from './scores/el2n.js'
export { entropy } from './scores/entropy.js'
export { forgettingEvents, type ForgettingEventsOptions } from './scores/forgetting-events.js'
export { graNd, type GraNdOptions } from './scores/gra-nd.js'
export { labelConfidence } from './scores/label-confidence.js'
export { margin } from './scores/margin.js'
export { randomScores } from './scores/random-scores.js'
export type { PredictionOptions, ResidualOptions } from './scores/score-rows.js'

export { combineScores, type Criterion } from './choice/combine-scores.js'
export { rankScores, type RankScoresOptions } from './choice/rank-scores.js'
export { selectAbove } from './choice/select-above.js'
export { selectTop, type SelectTopOptions } from './choice/select-top.js'
export { sigmoidWeights, type SigmoidWeightsOptions } from './choice/sigmoid-weights.js'

export type { SeenExamples } from './methods/collect-split.js'
export type { RefreshOptions, SeenSplits } from './methods/refreshed-method.js'
export { refreshedSelection, type RefreshedSelectionOptions } from './methods/refreshed-selection.js'
export { refreshedWeights, type RefreshedWeightsOptions } from './methods/refreshed-weights.js'
export { selected } from './methods/selected.js'
export type { ByIdOptions } from './methods/values-by-id.js'
export { weighted } from './methods/weighted.js'
