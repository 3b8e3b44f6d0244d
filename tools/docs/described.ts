import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDescribed, isMethodFactory, type Needs, type OptionsSchema } from '@kd/core'
import { workspaceRoot } from '../workspace-copy/copy-workspace.js'

/** A factory that says its name, what it does and its options, and where it is found. */
export interface Described {
  /** The name that the package exports it by. */
  readonly exported: string
  /** The name in configs. */
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  readonly options: OptionsSchema
  readonly needs: Needs | undefined
  readonly kind: 'method' | 'other'
  /** The package's folder, `packages/losses`. */
  readonly home: string
  /** Its file, seen from the package's folder, without an ending: `src/swap/swap`. */
  readonly module: string
}

/**
 * Finds what a package exports that describes itself.
 *
 * @param home - the package's folder, `packages/losses`
 * @param exports - what its index exports
 * @returns the factories, by their exported names in the order of the alphabet
 */
export function describedExports(
  home: string,
  exports: Readonly<Record<string, unknown>>,
): readonly Described[] {
  const modules = modulesOfExports(readFileSync(join(workspaceRoot, home, 'src/index.ts'), 'utf8'))
  return Object.entries(exports)
    .flatMap(([exported, value]): Described[] => {
      if (!isDescribed(value)) return []
      const { needs } = value as { readonly needs?: Needs }
      const kind = isMethodFactory(value) ? 'method' : 'other'
      const { name, summary, source, options } = value
      return [{ exported, name, summary, source, options, needs, kind, home, module: modules.get(exported)! }]
    })
    .sort((left, right) => (left.exported < right.exported ? -1 : 1))
}

/** Where to read about a factory, seen from its package: its folder where that has a README, its file where not. */
export function pageOf({ home, module }: Described): string {
  const folder = dirname(module)
  return existsSync(join(workspaceRoot, home, folder, 'README.md')) ? folder : `${module}.ts`
}

/** From an exported name to the file that has it. */
function modulesOfExports(index: string): ReadonlyMap<string, string> {
  const statements = index.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/(.*)\.js'$/gm)
  return new Map(
    [...statements].flatMap(([, names, path]) =>
      names!.split(',').map((name): [string, string] => [name.trim(), `src/${path}`]),
    ),
  )
}
