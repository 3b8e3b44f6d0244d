import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

/** What the package had before its options were declared by schemas, and what schemas may cost, in bytes. */
const LIMIT = 14_495 + 8192

it('stays small in a browser', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@kd/losses'", resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@kd/source'],
    external: ['@tensorflow/*'],
  })
  const [bundle] = outputFiles
  expect(bundle!.text).toContain('weighted-soft-labels')
  expect(gzipSync(bundle!.contents, { level: 9 }).length).toBeLessThan(LIMIT)
})
