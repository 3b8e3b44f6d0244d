/**
 * `npm run test:tfjs-node`: the engine node for real, on this Node and newer ones. Installs the packed @kd packages and
 * @tensorflow/tfjs-node in an empty folder, sees that `kd doctor` says why tfjs-node does not load, builds its addon by
 * build-tfjs-node.mjs, and holds it against the cpu engine; then `kd distill --engine node` on the digits. Not a part of CI:
 * it fetches 230 MB and needs 2 GB for a while. Options (--wheel FILE) go to build-tfjs-node.mjs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newerNodes } from '../tarballs/newer-nodes.mjs'
import { runProgram } from '../tarballs/run-program.mjs'
import { assertThat, diagnose, makeProject, orThrow } from './make-project.mjs'

// libtensorflow's own news on which processor it found.
process.env.TF_CPP_MIN_LOG_LEVEL = '2'
const root = fileURLToPath(new URL('../..', import.meta.url))
const outside = mkdtempSync(join(tmpdir(), 'kd-tfjs-node-'))
const project = join(outside, 'project')

/** Uses tfjs-node as its own documentation says, without @kd: it shows whether the shim is still needed. */
function runWithoutShim({ version, program }) {
  const plain =
    "const tf = require('@tensorflow/tfjs-node'); console.log(tf.tensor([1, 2]).sum().dataSync()[0])"
  writeFileSync(join(project, 'plain.cjs'), plain)
  const { ok, output } = runProgram(program, ['plain.cjs'], project)
  const reason = output.split('\n').find((line) => line.includes('Error:'))
  console.log(`without @kd on Node ${version}: ${ok ? 'works' : reason}`)
}

try {
  const others = ['@tensorflow/tfjs-node@4.22.0', 'node-api-headers@1.9.0']
  makeProject({ root, folder: project, packages: ['@kd/cli'], others })

  const before = diagnose(project, 'node')
  console.log(`kd doctor before the build: ${before.reason}\n  ${before.hint}`)
  assertThat(
    !before.loads && /tfjs_binding\.node/.test(before.reason),
    'the missing addon must be the reason',
  )
  assertThat(before.hint.includes('docs/engines.md'), 'the hint must say where to read on')

  const builder = fileURLToPath(new URL('build-tfjs-node.mjs', import.meta.url))
  console.log(orThrow(process.execPath, [builder, project, ...process.argv.slice(2)], outside).trim())
  const after = diagnose(project, 'node')
  console.log(`kd doctor after it: ${after.loads ? `loads, ${after.version}` : after.reason}`)
  assertThat(after.loads, 'the engine node must load')

  const thisNode = { version: process.versions.node, program: process.execPath }
  for (const node of [thisNode, ...newerNodes(outside)]) {
    runWithoutShim(node)
    // The cpu engine takes its time for ResNet-8; once is enough.
    const models = node === thisNode ? [] : ['MLP', 'CNN']
    console.log(orThrow(node.program, ['check-engine.mjs', 'node', ...models], project).trim())
    const kd = join(project, 'node_modules/@kd/cli/bin/kd.js')
    const config = join(outside, node.version)
    orThrow(node.program, [kd, 'init', config], project)
    const distill = ['distill', join(config, 'kd.yaml'), '--engine', 'node', '--out', join(config, 'run')]
    const output = orThrow(node.program, [kd, ...distill, '--json'], project)
    const { engine, last, seconds } = JSON.parse(output.split('\n').find((line) => line.startsWith('{')))
    const accuracy = `test accuracy ${(100 * last.test.top1).toFixed(1)} %`
    console.log(`ok   kd distill on the digits: engine ${engine}, ${accuracy}, ${seconds.toFixed(1)} s\n`)
    assertThat(engine === 'node' && last.test.top1 > 0.85, 'kd distill must run on node and learn')
  }
} finally {
  rmSync(outside, { recursive: true, force: true })
}
