import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'
import { workspaceRoot } from '../workspace-copy/copy-workspace.js'

const eslint = new ESLint({ cwd: workspaceRoot })

/** Lints a text as if it stood in a file that exists, because typed rules need a project. */
async function rulesBrokenBy(text: string, file: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: file })
  return result!.messages.map(({ ruleId, message }) => ruleId ?? message)
}

const library = 'packages/core/src/method/mean-loss.ts'
const tensors = "import * as tf from '@tensorflow/tfjs-core'\n"

describe('the lint rules of this repository', () => {
  it.each([
    [
      'a chained operation',
      `${tensors}declare module '@tensorflow/tfjs-core' { interface Tensor { sum(): Tensor } }
       export const f = (x: tf.Tensor2D): tf.Tensor => x.sum()`,
      'kd/no-chained-tensor-operations',
    ],
    [
      'tf.losses',
      `${tensors}export const f = (x: tf.Tensor2D): tf.Tensor => tf.losses.logLoss(x, x)`,
      'no-restricted-syntax',
    ],
    ['a default export', 'export default 1', 'no-restricted-syntax'],
    [
      'a skip without a reason',
      'export const f = (it: { skipIf(skip: boolean): unknown }): unknown => it.skipIf(true)',
      'no-restricted-syntax',
    ],
    ['the umbrella package', "import '@tensorflow/tfjs'", '@typescript-eslint/no-restricted-imports'],
    [
      'a path into tfjs',
      "import '@tensorflow/tfjs-core/dist/index'",
      '@typescript-eslint/no-restricted-imports',
    ],
    ['node:* in a library', "import 'node:fs'", '@typescript-eslint/no-restricted-imports'],
    ['late node:* in a library', "export const f = (): unknown => import('node:fs')", 'no-restricted-syntax'],
    ['the process in a library', 'export const f = (): number => process.pid', 'no-restricted-globals'],
    ['the console in a library', "console.log('')", 'no-console'],
    ['Math.random', 'export const f = (): number => Math.random()', 'no-restricted-properties'],
    ['Date.now', 'export const f = (): number => Date.now()', 'no-restricted-properties'],
    ['a long file', 'void 0\n'.repeat(201), 'max-lines'],
    ['a long function', `export function f(): void {\n${'void 0\n'.repeat(61)}}`, 'max-lines-per-function'],
  ])('refuse %s', async (_, text, rule) => {
    expect(await rulesBrokenBy(text, library)).toContain(rule)
  })

  it('let a library use what tensors and tfjs-core have', async () => {
    const text = `${tensors}
export const total = (x: tf.Tensor2D): number => tf.sum(x).dataSync()[0]!
`
    expect(await rulesBrokenBy(text, library)).toEqual([])
  })

  it('let the command read the process and the console', async () => {
    expect(await rulesBrokenBy('console.log(process.pid)\n', 'packages/cli/src/index.ts')).toEqual([])
  })

  it('let datasets load node:* late', async () => {
    const text = "export const late = (): Promise<unknown> => import('node:fs')\n"
    expect(await rulesBrokenBy(text, 'packages/datasets/src/index.ts')).toEqual([])
  })

  it('refuse an undefined name in a plain script', async () => {
    expect(await rulesBrokenBy('undefinedName()\n', 'tools/lint/no-chained-tensor-operations.js')).toEqual([
      'no-undef',
    ])
  })
})
