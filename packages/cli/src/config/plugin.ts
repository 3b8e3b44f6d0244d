import {
  isDescribed,
  KdError,
  type AnyDataset,
  type DatasetContext,
  type Model,
  type ModelContext,
  type Task,
  type TaskContext,
  type Teacher,
  type TeacherFunction,
  type LabelForm,
} from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { pathToFileURL } from 'node:url'
import type { MakeMethod } from './methods.js'

type Options = Readonly<Record<string, unknown>>

/** What a teacher of a plugin is made for. */
export interface TeacherContext {
  /** The data set before label noise. */
  readonly dataset: AnyDataset
  readonly task: Task
  readonly seed: number
}

/**
 * What the default export of a plugin may hold: factories by the name that a config uses. What `defineMethod`, `defineModel`,
 * `defineDataset` and `defineTask` of `@kd/core` make says itself what its options are; a plain function gets them unchecked.
 */
export interface Plugin {
  readonly methods?: Readonly<Record<string, MakeMethod>>
  /** Students and teachers by name. Each is made from its options and from what the run knows. */
  readonly models?: Readonly<Record<string, (options: ModelContext & Options) => LayersModel>>
  /** Teachers by name that are no model of a config: another runtime, or a function. */
  readonly teachers?: Readonly<
    Record<
      string,
      (
        options: Options,
        context: TeacherContext,
      ) => Teacher | Model | TeacherFunction | Promise<Teacher | Model | TeacherFunction>
    >
  >
  /** Data sets by name. */
  readonly datasets?: Readonly<
    Record<string, (options: Options, context: DatasetContext) => AnyDataset | Promise<AnyDataset>>
  >
  /** Tasks by name. */
  readonly tasks?: Readonly<
    Record<string, ((context: TaskContext & Options) => Task) & { readonly labels?: LabelForm }>
  >
}

/** Seconds that a plugin may take to load. */
const LOADING_SECONDS = 60

/** The kinds of things that a plugin brings. */
const pluginKinds = ['methods', 'models', 'teachers', 'datasets', 'tasks'] as const

/**
 * Imports the plugin of a config: the one key that runs code.
 *
 * @param path - of an ES module whose default export is a {@link Plugin}, in JavaScript, or in TypeScript where Node can load that
 * @returns what it brings; each factory has a `summary`
 * @throws {@link KdError} when it cannot be imported or has another form
 */
export async function loadPlugin(path: string): Promise<Required<Plugin>> {
  let plugin: unknown
  try {
    plugin = ((await withinTime(import(pathToFileURL(path).href), path)) as { default?: unknown }).default
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    if (isTypeScript(path) && !loadsTypeScript()) {
      throw new KdError(
        `plugin: ${path} must be loaded by a Node that knows TypeScript, got ${process.version}`,
        {
          hint: 'use Node 22.18 or later, start Node with --experimental-strip-types, or compile the plugin to JavaScript',
          cause: error,
        },
      )
    }
    throw new KdError(`plugin: ${path} must be an ES module that loads, got ${String(error)}`, {
      cause: error,
    })
  }
  const form = 'a default export { methods: { name: (options) => method } }'
  if (typeof plugin !== 'object' || plugin === null) {
    throw new KdError(`plugin: ${path} must have ${form}, got ${typeof plugin}`)
  }
  return Object.fromEntries(
    pluginKinds.map((kind) => [kind, factoriesOf((plugin as Plugin)[kind] ?? {}, kind, path)]),
  ) as unknown as Required<Plugin>
}

/** A module that waits for something on its top level, and never gets it, would keep whoever imports it waiting. */
async function withinTime<Value>(loading: Promise<Value>, path: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `plugin: ${path} must be loaded within ${LOADING_SECONDS} seconds, got a module that still waits`
    const fail = (): void => reject(new KdError(message, { hint: 'look at what it awaits on its top level' }))
    // Where nothing else is left to wait for, the process ends, and says so.
    timer = setTimeout(fail, 1000 * LOADING_SECONDS).unref()
  })
  try {
    return await Promise.race([loading, late])
  } finally {
    clearTimeout(timer)
  }
}

function factoriesOf(
  factories: object,
  kind: (typeof pluginKinds)[number],
  path: string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(factories).map(([name, factory]: [string, unknown]) => {
      if (typeof factory !== 'function') {
        throw new KdError(
          `plugin: ${path} must have functions as ${kind}, such as { ${kind}: { name: (options) => … } }, got ${name}`,
        )
      }
      return [name, isDescribed(factory) ? factory : withSummary(factory, `from ${path}`)]
    }),
  )
}

/** The function is the plugin's: what is said of it is put beside it. */
function withSummary(factory: object, summary: string): unknown {
  return Object.assign((...args: unknown[]): unknown => Reflect.apply(factory as never, undefined, args), {
    summary,
    ...factory,
  })
}

function isTypeScript(path: string): boolean {
  return /\.[cm]?ts$/.test(path)
}

function loadsTypeScript(): boolean {
  return (
    (process.features as { readonly typescript?: unknown }).typescript !== undefined &&
    (process.features as { readonly typescript?: unknown }).typescript !== false
  )
}
