import { probeEngines } from '@kd/core'
import { resolve } from 'node:path'
import { loadPlugin } from '../../config/plugin.js'
import { datasets } from '../../config/datasets.js'
import { methods } from '../../config/methods.js'
import { models } from '../../config/models.js'
import { table } from '../terminal/show-result.js'

/** What `kd list` can list. */
export const listable = ['methods', 'models', 'datasets', 'engines'] as const

/** One of {@link listable}. */
export type Listable = (typeof listable)[number]

interface Listed {
  readonly name: string
  readonly summary: string
}

/** `kd list methods|models|datasets|engines`. */
export async function listCommand(
  what: Listable,
  { plugin }: { readonly plugin?: string },
): Promise<{ text: string; json: Record<string, readonly Listed[]> }> {
  const found = await entries(what, plugin)
  const title = { methods: 'method', models: 'model', datasets: 'dataset', engines: 'engine' }[what]
  return {
    text: table(
      [title, ''],
      found.map(({ name, summary }) => [name, summary]),
    ),
    json: { [what]: found },
  }
}

async function entries(what: Listable, plugin: string | undefined): Promise<Listed[]> {
  switch (what) {
    case 'methods': {
      const own = plugin === undefined ? {} : await loadPlugin(resolve(plugin))
      return [...summaries(methods), ...Object.keys(own).map((name) => ({ name, summary: `from ${plugin}` }))]
    }
    case 'models':
      return summaries(models)
    case 'datasets':
      return summaries(datasets)
    case 'engines':
      return (await probeEngines()).map(({ name, loads, version, reason }) => ({
        name,
        summary: loads ? `loads, version ${version}` : `does not load: ${reason}`,
      }))
  }
}

function summaries(map: Readonly<Record<string, { readonly summary: string }>>): Listed[] {
  return Object.entries(map).map(([name, { summary }]) => ({ name, summary }))
}
