import type { Needs } from '@kd/core'
import { pageOf, type Described } from './described.js'
import { optionNames, table } from './option-tables.js'

/**
 * The methods of a package, and what goes around any method, for its README.
 *
 * @param described - what the package exports
 * @returns one table, or two
 */
export function methodsOfPackage(described: readonly Described[]): string {
  const methods = described.filter(({ kind }) => kind === 'method')
  const wrappers = described.filter(({ kind }) => kind !== 'method')
  return [
    methods.length > 0 &&
      table(
        ['method', 'in short'],
        methods.map((method) => [linked(method), method.summary]),
      ),
    wrappers.length > 0 &&
      table(
        ['around any method', 'in short'],
        wrappers.map((wrapper) => [linked(wrapper), wrapper.summary]),
      ),
  ]
    .filter((text) => text !== false)
    .join('\n\n')
}

/**
 * The models or the data sets of a package, for its README.
 *
 * @param title - head of the first column
 * @param described - what the package exports
 * @returns a table
 */
export function factoriesOfPackage(title: string, described: readonly Described[]): string {
  return table(
    [title, 'name in configs', 'in short', 'options'],
    described.map(({ exported, name, summary, options }) => [
      `\`${exported}\``,
      `\`${name}\``,
      summary,
      optionNames(options),
    ]),
  )
}

/**
 * All methods, for `docs/methods.md`.
 *
 * @param described - what all packages export
 * @returns a table
 */
export function allMethods(described: readonly Described[]): string {
  return table(
    ['name in configs', 'what it does', 'source', 'needs', 'tasks'],
    described
      .filter(({ kind }) => kind === 'method')
      .map((method) => [
        `[\`${method.name}\`](../${method.home}/${pageOf(method)})`,
        method.summary,
        method.source ?? '',
        needed(method.needs),
        tasks(method.needs),
      ]),
  )
}

/**
 * What goes around any method, for `docs/methods.md`.
 *
 * @param described - what all packages export
 * @returns a table
 */
export function allWrappers(described: readonly Described[]): string {
  return table(
    ['function', 'what it does', 'source'],
    described
      .filter(({ kind }) => kind !== 'method')
      .map((wrapper) => [
        `[\`${wrapper.exported}\`](../${wrapper.home}/${pageOf(wrapper)})`,
        wrapper.summary,
        wrapper.source ?? '',
      ]),
  )
}

function linked(method: Described): string {
  return `[\`${method.exported}\`](${pageOf(method)})`
}

/** In words; a method whose options cannot all be left out does not say before it is made. */
function needed(needs: Needs | undefined): string {
  if (needs === undefined) return 'depends on its options'
  const { teachers = 0, learningTeachers = [], passes, validation, views } = needs
  const texts = [
    teachers === 'all' && 'one or more teachers',
    typeof teachers === 'number' && teachers > 0 && (teachers === 1 ? 'a teacher' : `${teachers} teachers`),
    learningTeachers.length > 0 && 'the teacher learns too',
    (needs.studentFeatures ?? passes?.studentFeatures ?? []).length > 0 && 'features of the student',
    (needs.teacherFeatures ?? passes?.teacherFeatures ?? []).length > 0 && 'features of the teacher',
    views && 'further views of the inputs',
    validation === true && 'a validation split',
  ]
  return texts.filter((text) => typeof text === 'string').join('; ') || 'nothing'
}

function tasks({ tasks: names = ['classification'] }: Needs = {}): string {
  return names === 'any' ? 'any' : names.join(', ')
}
