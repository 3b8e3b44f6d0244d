import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { workspaceRoot } from '../workspace-copy/copy-workspace.js'

const hidden = /(^|\/)(node_modules|dist|runs|\.git|\.nx|\.generated|coverage)(\/|$)|^docs\/api\//
const pages = ['docs', 'packages', 'examples', 'tools']
  .flatMap((folder) =>
    readdirSync(join(workspaceRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  )
  .concat(readdirSync(workspaceRoot))
  .filter((file) => file.endsWith('.md') && !hidden.test(file))

const { homepage: repository } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')) as {
  readonly homepage: string
}

/** The targets of the links of a page; code is not searched. */
function targetsOf(text: string): string[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!.replace(/#.*$/, ''))
}

/** Where a link leads within the repository, from its root; undefined for a link elsewhere or to a place in the page. */
function placeOf(target: string, page: string): string | undefined {
  for (const kind of ['blob', 'tree']) {
    const root = `${repository}/${kind}/main/`
    if (target.startsWith(root)) return target.slice(root.length)
  }
  return target === '' || /^[a-z]+:/.test(target) ? undefined : join(dirname(page), target)
}

/** Links of a page of a package that npm cannot follow: relative ones out of the package's folder. */
function leavingLinks(text: string, page: string): string[] {
  const [folder] = /^packages\/[^/]+\//.exec(page) ?? []
  if (folder === undefined) return []
  return targetsOf(text).filter(
    (target) => target !== '' && !/^[a-z]+:/.test(target) && !join(dirname(page), target).startsWith(folder),
  )
}

describe('links between pages', () => {
  it('are found outside code', () => {
    const text =
      'a [page](b.md#part), `[no](c.md)`, [web](https://d.org), [top](#top)\n```ts\n[e](f)\n```\n[g](h/)'
    expect(targetsOf(text).map((target) => placeOf(target, 'docs/page.md'))).toEqual([
      'docs/b.md',
      undefined,
      undefined,
      'docs/h/',
    ])
    expect(placeOf(`${repository}/blob/main/docs/tasks.md`, 'packages/core/README.md')).toBe('docs/tasks.md')
  })

  it('of packages are known when they leave the package', () => {
    const text = '[a](../../docs/tasks.md) [b](src/x) [c](../core) [d](https://e.org/../f) [g](#h)'
    expect(leavingLinks(text, 'packages/losses/README.md')).toEqual(['../../docs/tasks.md', '../core'])
    expect(leavingLinks('[a](../b) [c](../../../docs)', 'packages/losses/src/a/README.md')).toEqual([
      '../../../docs',
    ])
    expect(leavingLinks(text, 'docs/methods.md')).toEqual([])
  })

  it.each(pages)('of %s lead somewhere, also when npm shows them', (page) => {
    const text = readFileSync(join(workspaceRoot, page), 'utf8')
    const places = targetsOf(text).flatMap((target) => placeOf(target, page) ?? [])
    expect(places.filter((place) => !existsSync(join(workspaceRoot, place)))).toEqual([])
    expect(leavingLinks(text, page)).toEqual([])
  })
})
