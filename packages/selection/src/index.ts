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
export {
  diagonalHessian,
  type HessianSolver,
  identityHessian,
  type SolveHessian,
} from './solvers/hessian-solver.js'
export { directSolve } from './solvers/direct-solve.js'
export { kroneckerHessian } from './solvers/kronecker-hessian.js'
export { lissa, type LissaOptions } from './solvers/lissa.js'

export {
  type OwnGradientOptions,
  parameterInfluence,
  selfInfluence,
  type SelfInfluenceOptions,
} from './influence/own-gradient-influence.js'
export {
  lastLayerInfluence,
  type LastLayerInfluenceOptions,
  type LastLayerInfluenceSettings,
  type LastLayerStream,
} from './influence/last-layer-influence.js'
export { groupParameterInfluence } from './influence/group-parameter-influence.js'
export {
  wholeNetworkInfluence,
  type WholeNetworkInfluenceOptions,
} from './influence/whole-network-influence.js'
export type { NetworkExamples } from './network/network-examples.js'
export { tracIn, type Checkpoint, type TracInOptions } from './influence/trac-in.js'

export { correctness, el2n, entropy, labelConfidence, margin, randomScores } from './scores/scores.js'
export { forgettingEvents, type ForgettingEventsOptions } from './scores/forgetting-events.js'
export { graNd, type GraNdOptions } from './scores/gra-nd.js'
export type { PredictionOptions, ResidualOptions } from './scores/score-rows.js'

export { combineScores, type Criterion } from './choice/combine-scores.js'
export { rankScores, type RankScoresOptions } from './choice/rank-scores.js'
export { selectAbove } from './choice/select-above.js'
export { selectTop, type SelectTopOptions } from './choice/select-top.js'
export { sigmoidWeights, type SigmoidWeightsOptions } from './choice/sigmoid-weights.js'

export type { ScoredModel, SeenExamples, SeenPredictions } from './methods/collect-split.js'
export type { RefreshOptions } from './methods/refreshed-scores.js'
export { refreshedSelection, type RefreshedSelectionOptions } from './methods/refreshed-selection.js'
export { refreshedWeights, type RefreshedWeightsOptions } from './methods/refreshed-weights.js'
export { selected } from './methods/selected.js'
export {
  scoreSplits,
  type ScoreFunction,
  type ScoreName,
  type SeenSplits,
  type SplitScoreOptions,
} from './methods/split-scores.js'
export type { ByIdOptions } from './methods/values-by-id.js'
export { weighted } from './methods/weighted.js'
