import { choice, fraction, type OptionsInput } from '@kd/core'

/** How far and for which examples Label Revision corrects the teacher, as methods and functions declare it. */
export const revisionOptions = {
  eta: fraction(
    0.8,
    'the share of the largest admissible part of the teacher that is kept: near 1 the label wins by a hair, near 0 the revised ' +
      'label is the one-hot label',
    { above: true, below: true },
  ),
  scope: choice(
    ['wrong-only', 'all'],
    'wrong-only',
    'which examples are revised: those on which the first choice of the teacher is not the label, or all',
  ),
}

/** How far and for which examples Label Revision corrects the teacher. */
export type RevisionOptions = OptionsInput<typeof revisionOptions>
