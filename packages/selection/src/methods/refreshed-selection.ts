import { assertInRange, type DistillationMethod } from '@kd/core'
import { selectTop } from '../choice/select-top.js'
import { refreshedMethod, type RefreshOptions } from './refreshed-method.js'
import { selectedLoss } from './selected-loss.js'

/** Options of {@link refreshedSelection}. */
export interface RefreshedSelectionOptions extends RefreshOptions {
  /**
   * How much of the training split is distilled, in (0, 1].
   * @defaultValue 0.7
   */
  readonly fraction?: number
  /** Which end of the scores is distilled. @defaultValue 'highest' */
  readonly keep?: 'highest' | 'lowest'
  /** Whether each class is chosen from by itself. @defaultValue false */
  readonly balanced?: boolean
}

/**
 * Data Selection that makes its choice itself, before the first epoch or again every few epochs: with Label Revision inside, the
 * whole method of the paper as one expression. What is chosen is distilled, the rest is taught by labels, as {@link selected} does.
 *
 * Scores need a validation split and the input of a last dense layer. The student of the first epochs knows nothing yet: with
 * `model: 'student'` and `every: 0` the choice is that of an untrained network.
 *
 * @param method - distils the chosen examples
 * @param options - see {@link RefreshedSelectionOptions}
 * @returns the combined method, named `selected-` and the method's name; its state is the current choice
 * @throws {@link InvalidArgumentError} when an option is out of range; in training as {@link lastLayerInfluence}
 *
 * @example
 * ```ts
 * import { labelRevision } from '@kd/losses'
 * import { refreshedSelection } from '@kd/selection'
 *
 * const method = refreshedSelection(labelRevision({ eta: 0.8 }), { fraction: 0.7 })
 * console.log(method.name, method.requires?.validation) // selected-label-revision true
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693. Which model is scored, by which
 * formula, which fraction, and whether the choice is renewed is not published where we could read it: all defaults are ours.
 */
export function refreshedSelection(
  method: DistillationMethod,
  { fraction = 0.7, keep = 'highest', balanced = false, ...options }: RefreshedSelectionOptions = {},
): DistillationMethod {
  assertInRange(fraction, { min: 0, max: 1, minOpen: true }, 'fraction', 'refreshedSelection')
  return refreshedMethod(method, options, {
    functionName: 'refreshedSelection',
    prefix: 'selected',
    stateName: 'selection.mask',
    dtype: 'int32',
    valuesOf: (scores, { labels }) => selectTop(scores, { fraction, keep, balanced, labels }),
    loss: (batch, valueOf) => selectedLoss(method, batch, (id) => valueOf(id) === 1),
  })
}
