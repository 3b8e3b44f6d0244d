import { defineConfig, type Options } from 'tsup'
import { library } from '../../tools/tsup.base.js'

/** What `kd demo` copies: one script, with all libraries and WebAssembly within it. */
export const demoPage = {
  entry: { 'demo-page': 'src/page/demo-page.ts' },
  format: ['iife'],
  outExtension: () => ({ js: '.js' }),
  platform: 'browser',
  target: 'es2022',
  minify: true,
  noExternal: [/./],
  loader: { '.wasm': 'dataurl' },
  tsconfig: 'src/page/tsconfig.json',
} satisfies Options

export default defineConfig([
  {
    ...library,
    entry: ['src/index.ts', 'src/main.ts', 'src/job-main.ts'],
    // createRequire(import.meta.url) in the CommonJS build.
    shims: true,
    dts: { ...library.dts, entry: 'src/index.ts' },
  },
  demoPage,
])
