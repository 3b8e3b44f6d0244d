/** The figure that tells most about a task, by which runs are compared. */
export interface ComparedFigure {
  readonly name: string
  /** The name for people. */
  readonly title: string
  /** `'share'`: a part of the examples in [0, 1], shown as a percentage. */
  readonly unit: 'share' | 'nats' | 'number'
  readonly better: 'higher' | 'lower'
}

/** The figure of classification, which is what data without a figure are about. */
export const accuracy: ComparedFigure = {
  name: 'top1',
  title: 'accuracy',
  unit: 'share',
  better: 'higher',
}

/** Makes a function that shows values of a figure: shares as percentages, other values with four digits. */
export function valueText({ unit }: ComparedFigure = accuracy): (value: number) => string {
  if (unit === 'share') return (share) => (100 * share).toFixed(2)
  return (value) => String(Number(value.toPrecision(4)))
}

/** What stands behind a value or a title: ` %` for shares. */
export function unitText({ unit }: ComparedFigure = accuracy): string {
  return { share: ' %', nats: ' nats', number: '' }[unit]
}

/** Shows a value of a figure with its unit, and an unknown one as an empty text. */
export function figureText(value: number | undefined, figure: ComparedFigure = accuracy): string {
  return value === undefined ? '' : `${valueText(figure)(value)}${unitText(figure)}`
}
