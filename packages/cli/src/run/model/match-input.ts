import { KdError, type AnyDataset, type Normalization } from '@kd/core'
import type { InputDescription } from './input-description.js'

/** How the inputs and classes of a data set become those of a model that was trained on other data. */
export interface InputMatch {
  /** What the model was trained with. */
  readonly normalization: Normalization
  /** Names of the model's classes, in its order. */
  readonly classNames: readonly string[]
  /** The column of the data for each number of the model's input; undefined where both have the same order. */
  readonly columns?: readonly number[]
  /** The class of the data for each of the model's outputs; undefined where both have the same order. */
  readonly classes?: readonly number[]
  /** What differs, for people. */
  readonly differences: readonly string[]
}

/** How many names of each side a message shows. */
const SHOWN = 10

/**
 * Compares what a model was made for with what it is used on. Columns and classes are matched by their names; the normalization is
 * the model's own.
 *
 * @param description - of the model
 * @param dataset - that it is used on
 * @param who - what errors call the model
 * @returns how the one becomes the other
 * @throws {@link KdError} when columns or classes have other names, naming those of both sides
 */
export function matchInput(description: InputDescription, dataset: AnyDataset, who: string): InputMatch {
  const columns =
    description.columns &&
    dataset.featureNames &&
    order({
      wanted: description.columns,
      given: dataset.featureNames,
      what: 'columns',
      place: `${who} and ${dataset.name}`,
      hint: 'name the columns of the run in dataset.features, and rename those of the file that have other names',
    })
  const classes = order({
    wanted: description.classNames,
    given: dataset.classNames,
    what: 'classes',
    place: `${who} and ${dataset.name}`,
    hint: 'use data with the same classes, by the same names; for tables dataset.classNames says which there are',
  })
  const { normalization, classNames } = description
  const isNormalizedAlike = sameNormalization(normalization, dataset.normalization, columns)
  return {
    normalization,
    classNames,
    ...(columns && { columns }),
    ...(classes && { classes }),
    differences: [
      ...(isNormalizedAlike ? [] : ['its own normalization']),
      ...(columns ? ['its own order of the columns'] : []),
      ...(classes ? ['its own order of the classes'] : []),
    ],
  }
}

/**
 * Says in words how a model is used on other data than its own.
 *
 * @param who - the model
 * @param isOld - whether its run is one that did not write what it was given; undefined where nothing is known
 * @param match - with the data, if it is known
 * @returns a line for each thing worth knowing
 */
export function matchNotes(who: string, isOld: boolean | undefined, match: InputMatch | undefined): string[] {
  if (match === undefined)
    return [`${who} does not say what it was trained on: the data are used as they come`]
  return [
    ...(isOld === true ? [`${who} is of an older version, which did not note the order of its columns`] : []),
    ...(match.differences.length === 0
      ? []
      : [`${who} was trained on other data, and uses ${match.differences.join(' and ')}`]),
  ]
}

interface Sides {
  readonly wanted: readonly string[]
  readonly given: readonly string[]
  readonly what: string
  readonly place: string
  readonly hint: string
}

/** Where each wanted name stands among those that are given; undefined where both are the same list. */
function order({ wanted, given, what, place, hint }: Sides): number[] | undefined {
  if (wanted.length === given.length && wanted.every((name, at) => name === given[at])) return undefined
  const places = new Map(given.map((name, at) => [name, at]))
  const isSameSet =
    places.size === given.length &&
    wanted.length === given.length &&
    new Set(wanted).size === wanted.length &&
    wanted.every((name) => places.has(name))
  if (isSameSet) return wanted.map((name) => places.get(name)!)
  const [mine, theirs] = [except(wanted, given), except(given, wanted)]
  throw new KdError(
    `${place} must have the same ${what}, got ${shown(wanted)} in the run and ${shown(given)} in the data` +
      (mine.length + theirs.length > 0 && wanted.length + given.length > SHOWN
        ? `; only the run has ${shown(mine)}, only the data have ${shown(theirs)}`
        : ''),
    { hint },
  )
}

function except(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return names.filter((name) => !known.has(name))
}

function shown(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const first = names.slice(0, SHOWN).map((name) => (name.length > 60 ? `${name.slice(0, 57)}...` : name))
  return `${first.join(', ')}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''}`
}

function sameNormalization(
  own: Normalization,
  other: Normalization,
  columns: readonly number[] | undefined,
): boolean {
  return (['mean', 'standardDeviation'] as const).every((key) => {
    const [mine, theirs] = [own[key], other[key]]
    const channels = Math.max(mine.length, theirs.length)
    return Array.from({ length: channels }, (_, channel) => channel).every(
      (channel) => channelOf(mine, channel) === channelOf(theirs, columns?.[channel] ?? channel),
    )
  })
}

/** One number stands for all channels. */
export function channelOf(values: readonly number[], channel: number): number {
  return values[values.length === 1 ? 0 : channel]!
}
