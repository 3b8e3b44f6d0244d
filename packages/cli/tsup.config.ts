import { defineConfig } from 'tsup'
import { library } from '../../tools/tsup.base.js'

export default defineConfig({
  ...library,
  entry: ['src/index.ts', 'src/main.ts', 'src/job-main.ts'],
  // createRequire(import.meta.url) in the CommonJS build.
  shims: true,
  dts: { ...library.dts, entry: 'src/index.ts' },
})
