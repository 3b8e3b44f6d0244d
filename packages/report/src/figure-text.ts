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

/** Names a figure and says which way is better; undefined for the accuracy of classification, which everybody knows. */
export function figureNote({ name, title, better }: ComparedFigure = accuracy): string | undefined {
  return name === accuracy.name ? undefined : `${title}, ${better} is better`
}

/** Puts runs together that share a figure, since values of different figures cannot stand on one axis. */
export function byFigure<Run extends { readonly figure?: ComparedFigure }>(
  runs: readonly Run[],
): { readonly figure: ComparedFigure; readonly runs: readonly Run[] }[] {
  const figures = new Map(runs.map(({ figure = accuracy }) => [figure.name, figure]))
  return [...figures.values()].map((figure) => ({
    figure,
    runs: runs.filter((run) => (run.figure ?? accuracy).name === figure.name),
  }))
}
