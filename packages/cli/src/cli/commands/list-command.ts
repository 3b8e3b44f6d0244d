import { probeEngines, type OptionsSchema } from '@kd/core'
import { resolve } from 'node:path'
import { builtIn, withPlugin, type Catalogue } from '../../config/catalogue.js'
import { loadPlugin } from '../../config/plugin.js'
import { suggestion } from '../../config/suggestion.js'
import { UsageError } from '../../config/usage-error.js'
import { table } from '../terminal/table.js'
import { listedOptions, type ListedOption } from './listed-options.js'

/** What `kd list` can list, with what one of them is called. */
const titles = {
  methods: 'method',
  models: 'model',
  datasets: 'dataset',
  tasks: 'task',
  teachers: 'teacher of the plugin',
  engines: 'engine',
} as const

/** What `kd list` can list. */
export type Listable = keyof typeof titles

/** Something that a config can name. */
export interface Listed {
  readonly name: string
  readonly summary: string
  /** The source of it: authors, title, where published. It is absent where that is not known. */
  readonly source?: string
  /** What it declares; absent in a list of several, and where a plugin declares none. */
  readonly options?: readonly ListedOption[]
}

/** Something in a catalogue. */
interface Entry {
  readonly summary: string
  readonly source?: string | undefined
  readonly options?: OptionsSchema | undefined
}

/** `kd list WHAT [NAME]`. */
export async function listCommand(
  what: Listable,
  name: string | undefined,
  { plugin }: { readonly plugin?: string },
): Promise<{ text: string; json: Record<string, readonly Listed[]> }> {
  const entries = what === 'engines' ? await engines() : await named(what, plugin)
  if (name !== undefined) {
    const one = detailed(what, name, entries)
    return { text: detailText(one), json: { [what]: [one] } }
  }
  const found = Object.entries(entries).map(([known, { summary }]) => ({ name: known, summary }))
  const rows = found.map((entry) => [entry.name, entry.summary])
  return { text: table([titles[what], ''], rows), json: { [what]: found } }
}

async function named(
  what: Exclude<Listable, 'engines'>,
  plugin: string | undefined,
): Promise<Readonly<Record<string, Entry>>> {
  const catalogue: Catalogue = plugin === undefined ? builtIn : withPlugin(await loadPlugin(resolve(plugin)))
  // Each factory of a plugin has a summary once it is loaded.
  return catalogue[what] as unknown as Readonly<Record<string, Entry>>
}

async function engines(): Promise<Readonly<Record<string, Entry>>> {
  const found = await probeEngines()
  return Object.fromEntries(
    found.map(({ name, loads, version, reason }) => [
      name,
      { summary: loads ? `loads, version ${version}` : `does not load: ${reason}` },
    ]),
  )
}

function detailed(what: Listable, name: string, entries: Readonly<Record<string, Entry>>): Listed {
  if (!Object.hasOwn(entries, name)) {
    const known = Object.keys(entries)
    throw new UsageError(
      `kd list: name must be one of ${what}, got ${name}${suggestion(name, known)}`,
      `kd list ${what} shows them all`,
    )
  }
  const { summary, source, options } = entries[name]!
  return {
    name,
    summary,
    ...(source !== undefined && { source }),
    ...(options !== undefined && { options: listedOptions(options).map((option) => inConfig(what, option)) }),
  }
}

/** A generator's own seed has another name in a config, where `dataset.seed` is that of splits and noise. */
function inConfig(what: Listable, option: ListedOption): ListedOption {
  return what === 'datasets' && option.name === 'seed' ? { ...option, name: 'generatorSeed' } : option
}

function detailText({ name, summary, source, options = [] }: Listed): string {
  const rows = options.map(({ form, required, text, values, ...option }) => [
    form === undefined ? option.name : `${option.name} (${form})`,
    values,
    required ? 'must be given' : shown(option.default),
    text,
  ])
  return [
    `${name}: ${summary}`,
    ...(source === undefined ? [] : [`source: ${source}`]),
    ...(rows.length === 0 ? [] : ['', table(['option', 'values', 'default', ''], rows)]),
  ].join('\n')
}

function shown(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
