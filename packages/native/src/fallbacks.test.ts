import * as tf from '@tensorflow/tfjs-core'
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadNative, needsAddon } from './testing/load-native.js'

const native = await loadNative()

describe('the report of what ran in plain JavaScript', needsAddon(native !== undefined), () => {
  beforeEach(() => {
    native!.resetFallbacks()
  })
  afterEach(() => {
    native!.timeFallbacks(false)
    native!.resetFallbacks()
  })

  it('counts kernels that have no native form, and native ones on types that they do not take', () => {
    tf.tidy(() => {
      tf.linspace(0, 1, 5)
      tf.linspace(0, 1, 5)
      tf.abs(tf.tensor1d([-1], 'int32'))
      tf.abs(tf.tensor1d([-1]))
    })
    expect(native!.fallbackReport()).toEqual([
      { kernel: 'LinSpace', calls: 2, milliseconds: 0 },
      { kernel: 'Abs', calls: 1, milliseconds: 0 },
    ])
    native!.resetFallbacks()
    expect(native!.fallbackReport()).toEqual([])
  })

  it('takes times when asked, and lists the slowest first', () => {
    native!.timeFallbacks(true)
    tf.tidy(() => {
      tf.linspace(0, 1, 5)
      tf.linspace(0, 1, 5)
      tf.cumsum(tf.ones([1000, 200], 'int32'), 1)
    })
    const report = native!.fallbackReport()
    expect(report.map(({ kernel }) => kernel)).toEqual(['Cumsum', 'LinSpace'])
    expect(report[0]!.milliseconds).toBeGreaterThan(report[1]!.milliseconds)
    expect(report[1]!.milliseconds).toBeGreaterThan(0)
  })

  it('is printed at the end of a program where KD_NATIVE_DEBUG is 1', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kd-native-debug-'))
    try {
      const program = join(folder, 'program.cjs')
      await build({
        stdin: { contents: debugProgram, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
        outfile: program,
        bundle: true,
        platform: 'node',
        format: 'cjs',
        mainFields: ['module', 'main'],
        // Where it is read, the addon's path is given by the environment.
        define: { 'import.meta.url': '""' },
      })
      const run = (debug: string): string =>
        execFileSync(process.execPath, [program], { encoding: 'utf8', env: environment(debug) })
      expect(run('1')).toMatch(/LinSpace.*3/)
      expect(run('0')).toBe('')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

const debugProgram = `
  import * as tf from '@tensorflow/tfjs-core'
  import './index.js'
  tf.setBackend('native')
  for (let count = 0; count < 3; count++) tf.linspace(0, 1, 5).dispose()
`

function environment(debug: string): NodeJS.ProcessEnv {
  return {
    KD_NATIVE_ADDON: fileURLToPath(new URL('../dist-addon/kd-native.node', import.meta.url)),
    ...process.env,
    KD_NATIVE_DEBUG: debug,
  }
}
