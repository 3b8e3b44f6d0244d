import { datasets } from './datasets.js'
import { methods, type MethodEntry } from './methods.js'
import { models, type ModelEntry } from './models.js'
import type { Plugin } from './plugin.js'
import { tasks, type TaskEntry } from './tasks.js'
import type { DatasetEntry } from './datasets.js'

/** Everything that a config can name: what is built in, and what its plugin brings. */
export interface Catalogue {
  readonly methods: Readonly<Record<string, MethodEntry>>
  readonly models: Readonly<Record<string, ModelEntry>>
  readonly datasets: Readonly<Record<string, DatasetEntry>>
  readonly tasks: Readonly<Record<string, TaskEntry>>
  /** Teachers of a plugin; those that are built in have keys of their own. */
  readonly teachers: Required<Plugin>['teachers']
}

/** What is built in. */
export const builtIn: Catalogue = { methods, models, datasets, tasks, teachers: {} }

/**
 * Adds what a plugin brings; a name that is built in stays what it is.
 *
 * @param plugin - loaded
 * @returns a new catalogue
 */
export function withPlugin(plugin: Required<Plugin>): Catalogue {
  return {
    methods: { ...(plugin.methods as Catalogue['methods']), ...methods },
    models: { ...(plugin.models as Catalogue['models']), ...models },
    datasets: { ...(plugin.datasets as Catalogue['datasets']), ...datasets },
    tasks: { ...(plugin.tasks as Catalogue['tasks']), ...tasks },
    teachers: plugin.teachers,
  }
}
