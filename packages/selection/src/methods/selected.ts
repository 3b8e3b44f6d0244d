import { wrapMethod, type Method } from '@kd/core'
import { distillChosen } from './distill-chosen.js'
import { exampleColumns } from './example-columns.js'
import { givenValues, type ByIdOptions } from './values-by-id.js'

/**
 * Data Selection (DS): distils only chosen examples and teaches the others by their labels.
 *
 *     loss_i = the method's,                   where the mask of example i is 1
 *     loss_i = the task's loss to label_i      elsewhere: for classes CE(student_i, label_i)
 *     total  = mean_i loss_i                   over all examples of the batch
 *
 * The method sees the chosen examples of the batch and no others: their logits, features and views. So whatever it means over a batch or
 * over groups in it (Label Revision's group means, the correlations of DIST) is taken over them, and counts with their share of the
 * batch. Its views are made of the whole batch and then cut to the chosen rows. Where the method has phases in which the student does not
 * learn, these see the whole batch. Parts: the method's, and `unselected`.
 *
 * With Label Revision inside it is the paper's full method: `selected(labelRevision(), mask)`.
 *
 * @param method - distils the chosen examples; any method for any task
 * @param mask - 1 to distil and 0 for labels only, as {@link selectTop} gives it
 * @param options - `ids: dataset.train.ids` for a mask in the order of a training split; without it the mask is by example id
 * @returns the combined method, named `selected-` and the method's name; of single examples it says `selected`, 1 or 0, beside what the
 * method says
 * @throws {@link InvalidArgumentError} when the mask is empty, its values are not 0 and 1, or ids and mask differ in length; in
 * training when an example has no row
 *
 * @example
 * ```ts
 * import { labelRevision } from '@kd/losses'
 * import { selected, selectTop } from '@kd/selection'
 *
 * const influence = [0.3, -0.1, 0.2, 0.4]
 * const method = selected(labelRevision(), selectTop(influence, { fraction: 0.75 }))
 * console.log(method.name) // selected-label-revision
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693. That the rest is taught by labels
 * is the paper's; how the two meet in one batch is our choice.
 */
export function selected(method: Method, mask: ArrayLike<number>, { ids }: ByIdOptions = {}): Method {
  const maskOf = givenValues(mask, ids, 'mask', 'selected', { binary: true })
  return wrapMethod(method, {
    name: `selected-${method.name}`,
    start: (_, inner) => ({
      ...distillChosen(inner, maskOf),
      examples: exampleColumns(inner, () => ({ selected: maskOf })),
    }),
  })
}
