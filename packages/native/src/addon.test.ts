import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { addonVersion } from './addon-version.js'
import { loadAddon, NativeUnavailableError } from './addon.js'
import { needsAddon } from './testing/load-native.js'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const built = file('../dist-addon/kd-native.node')

describe('the version of the addon', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('is that of the sources; if this fails, build the addon again', () => {
    const printed = execFileSync(process.execPath, [file('../build-addon.mjs'), '--print-version'], {
      encoding: 'utf8',
    })
    expect(printed.trim()).toBe(addonVersion)
  })

  it('must be the one that this side was written for', needsAddon(existsSync(built)), () => {
    const folder = mkdtempSync(join(tmpdir(), 'kd-stale-'))
    try {
      const stale = join(folder, 'stale.node')
      const bytes = readFileSync(built)
      const older = '0'.repeat(addonVersion.length)
      for (let at = bytes.indexOf(addonVersion); at >= 0; at = bytes.indexOf(addonVersion))
        bytes.write(older, at)
      writeFileSync(stale, bytes)
      vi.stubEnv('KD_NATIVE_ADDON', stale)
      expect(loadAddon).toThrow(NativeUnavailableError)
      expect(loadAddon).toThrow(
        new RegExp(`stale.node is out of date: it must be built from ${addonVersion}, got ${older}`),
      )
      expect(loadAddon).toThrow(/npm run build:addon/)
      vi.stubEnv('KD_NATIVE_ADDON', built)
      expect(loadAddon().version()).toBe(addonVersion)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
