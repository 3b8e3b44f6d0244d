import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'tsup'

/**
 * Builds the command from the sources of all packages, so that tests can start it as a process of its own.
 *
 * @returns the file to run, and what removes it
 */
export async function buildMain(): Promise<{ main: string; remove: () => Promise<void> }> {
  const root = join(import.meta.dirname, '../..')
  // Inside the package, so that its dependencies are found from there.
  const outDir = join(root, `node_modules/.kd-test-${process.pid}`)
  await build({
    entry: [join(root, 'src/main.ts'), join(root, 'src/job-main.ts')],
    outDir,
    format: 'esm',
    target: 'node20',
    config: false,
    silent: true,
    noExternal: [/^@kd\//],
    external: [/^(?!@kd\/)[@a-z]/],
    esbuildOptions: (options) => {
      options.conditions = ['@kd/source']
    },
  })
  return { main: join(outDir, 'main.js'), remove: () => rm(outDir, { recursive: true, force: true }) }
}
