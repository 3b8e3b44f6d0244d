export { attentionTransfer, type AttentionTransferOptions } from './attention-transfer/attention-transfer.js'
export {
  channelCorrelation,
  type ChannelCorrelationOptions,
} from './channel-correlation/channel-correlation.js'
export {
  contrastiveRepresentation,
  type ContrastiveRepresentationOptions,
} from './contrastive-representation/contrastive-representation.js'
export { fitnetHint, type FitnetHintOptions } from './fitnet-hint/fitnet-hint.js'
export { flowOfSolution, type FlowOfSolutionOptions } from './flow-of-solution/flow-of-solution.js'
export {
  hierarchicalContext,
  type HierarchicalContextOptions,
} from './hierarchical-context/hierarchical-context.js'
export { instanceGraph, type InstanceGraphOptions } from './instance-graph/instance-graph.js'
export { knowledgeReview, type KnowledgeReviewOptions } from './knowledge-review/knowledge-review.js'
export { neuronSelectivity, type NeuronSelectivityOptions } from './neuron-selectivity/neuron-selectivity.js'
export {
  probabilisticTransfer,
  type ProbabilisticTransferOptions,
} from './probabilistic-transfer/probabilistic-transfer.js'
export {
  relationalKnowledge,
  type RelationalKnowledgeOptions,
} from './relational-knowledge/relational-knowledge.js'
export {
  similarityPreserving,
  type SimilarityPreservingOptions,
} from './similarity-preserving/similarity-preserving.js'
export {
  variationalInformation,
  type VariationalInformationOptions,
} from './variational-information/variational-information.js'
