/**
 * `npm run test:webgpu`: the engine webgpu on this machine's GPU, or with --swiftshader on the software device of Debian's
 * chromium, which is downloaded and unpacked but not installed. Installs the packed @kd packages, webgpu (Dawn) and
 * @tensorflow/tfjs-backend-webgpu in an empty folder, and holds it against the cpu engine. Not a part of CI: it fetches 80 MB
 * and takes minutes on a software device. Further options are names of models (MLP, CNN, ResNet-8).
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertThat, diagnose, makeProject, orThrow } from './make-project.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outside = mkdtempSync(join(tmpdir(), 'kd-webgpu-'))
const project = join(outside, 'project')
const models = process.argv.slice(2).filter((option) => option !== '--swiftshader')

/** Debian's chromium has SwiftShader and a Vulkan loader that finds it. */
function unpackSwiftShader() {
  const folder = join(outside, 'chromium')
  mkdirSync(folder)
  orThrow('apt-get', ['download', 'chromium-common'], folder)
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'))
  orThrow('dpkg', ['-x', archive, '.'], folder)
  console.log(`SwiftShader of ${archive}`)
  const place = join(folder, 'usr/lib/chromium')
  process.env.LD_LIBRARY_PATH = place
  process.env.VK_ICD_FILENAMES = join(place, 'vk_swiftshader_icd.json')
}

try {
  const others = ['webgpu@0.6.2', '@tensorflow/tfjs-backend-webgpu@4.22.0']
  makeProject({ root, folder: project, packages: ['@kd/cli'], others })
  const before = diagnose(project, 'webgpu')
  console.log(
    `kd doctor: ${before.loads ? `webgpu loads, ${before.version}` : `${before.reason}\n  ${before.hint}`}`,
  )
  if (process.argv.includes('--swiftshader')) unpackSwiftShader()
  const { loads, reason } = diagnose(project, 'webgpu')
  assertThat(loads, `${reason}; npm run test:webgpu -- --swiftshader runs on a software device`)
  console.log(orThrow(process.execPath, ['check-engine.mjs', 'webgpu', ...models], project).trim())
} finally {
  rmSync(outside, { recursive: true, force: true })
}
