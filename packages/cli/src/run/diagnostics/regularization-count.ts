import type { RegularizationCount } from '@kd/report'

/** Logits of N examples over C classes, and their labels. */
export interface CountedExamples {
  /** [N * C] */
  readonly student: ArrayLike<number>
  readonly teacher: ArrayLike<number>
  /** [N] */
  readonly labels: ArrayLike<number>
}

/**
 * Counts regularization samples: those at which b > a, with a = |d L_ce / dz| and b = |d (L_kd - L_ce) / dz|, where
 *
 *     d L_ce / dz = softmax(z_s) - y,    d L_kd / dz = T (softmax(z_s / T) - softmax(z_t / T))
 *
 * once at the label's class and once as lengths over all classes.
 *
 * @see Zhou et al.: Rethinking Soft Labels for Knowledge Distillation: A Bias-Variance Tradeoff Perspective, ICLR 2021. That
 * absolute values are compared is our reading.
 */
export function regularizationCount(
  { student, teacher, labels }: CountedExamples,
  { temperature, teacher: number }: Pick<RegularizationCount, 'temperature' | 'teacher'>,
): RegularizationCount {
  const classes = student.length / labels.length
  let [atLabel, overall] = [0, 0]
  for (let row = 0; row < labels.length; row++) {
    const own = softmax(student, row, classes, 1)
    const softStudent = softmax(student, row, classes, temperature)
    const softTeacher = softmax(teacher, row, classes, temperature)
    const label = labels[row]!
    const byLabel = own.map((probability, index) => probability - Number(index === label))
    const byTeacher = byLabel.map((a, index) => temperature * (softStudent[index]! - softTeacher[index]!) - a)
    if (Math.abs(byTeacher[label]!) > Math.abs(byLabel[label]!)) atLabel++
    if (Math.hypot(...byTeacher) > Math.hypot(...byLabel)) overall++
  }
  return { teacher: number, temperature, atLabel, overall, examples: labels.length }
}

function softmax(logits: ArrayLike<number>, row: number, classes: number, temperature: number): number[] {
  const values = Array.from({ length: classes }, (_, index) => logits[row * classes + index]! / temperature)
  const greatest = Math.max(...values)
  const exponentials = values.map((value) => Math.exp(value - greatest))
  const total = exponentials.reduce((sum, value) => sum + value, 0)
  return exponentials.map((value) => value / total)
}
