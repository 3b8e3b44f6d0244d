import { choice, defineWrapper, flag, fraction, type OptionsInput } from '@kd/core'
import { selectTop } from '../choice/select-top.js'
import { distillChosen } from './distill-chosen.js'
import { refreshOptions, refreshScores } from './refreshed-scores.js'

const options = {
  ...refreshOptions,
  fraction: fraction(0.7, 'share of the training split that is distilled', { above: true }),
  keep: choice(['highest', 'lowest'], 'highest', 'which end of the scores is distilled'),
  balanced: flag(false, 'whether each class is chosen from by itself'),
}

/** Options of {@link refreshedSelection}. */
export type RefreshedSelectionOptions = OptionsInput<typeof options>

/**
 * Data Selection that makes its choice itself, before the first epoch or again every few epochs: with Label Revision inside, the
 * whole method of the paper as one expression. What is chosen is distilled, the rest is taught by labels, as {@link selected} does.
 *
 * Influence, and a score of your own, needs a validation split and the input of a last dense layer; the other scores look at predictions
 * on the training split alone. The student of the first epochs knows nothing yet: with `model: 'student'` and `every: 0` the choice is
 * that of an untrained network.
 *
 * @param method - distils the chosen examples; any method for any task that the score can judge
 * @param options - see {@link RefreshedSelectionOptions}
 * @returns the combined method, named `selected-` and the method's name; its state in a run is the current choice, and of single examples
 * it says `selectionScore` and `selected`, 1 or 0, beside what the method says
 * @throws {@link InvalidArgumentError} when an option is out of range; in training as {@link lastLayerInfluence}
 *
 * @example
 * ```ts
 * import { labelRevision } from '@kd/losses'
 * import { refreshedSelection } from '@kd/selection'
 *
 * const method = refreshedSelection(labelRevision({ eta: 0.8 }), { fraction: 0.7 })
 * console.log(method.name, method.needs.validation) // selected-label-revision true
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693. Which model is scored, by which
 * formula, which fraction, and whether the choice is renewed is not published where we could read it: all defaults are ours.
 */
export const refreshedSelection = defineWrapper({
  name: 'refreshed-selection',
  summary: 'Data Selection: distil the examples with the best scores, teach the others by their labels',
  source:
    'Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693',
  options,
  wrap: (method, { fraction, keep, balanced, ...refresh }) =>
    refreshScores(method, refresh, {
      functionName: 'refreshedSelection',
      name: `selected-${method.name}`,
      needs: { tasks: balanced ? ['classification'] : 'any' },
      stateName: 'selection.mask',
      dtype: 'int32',
      column: 'selected',
      valuesOf: (scores, { labels }) => selectTop(scores, { fraction, keep, balanced, labels }),
      change: distillChosen,
    }),
})
