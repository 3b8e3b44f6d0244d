import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runTraining } from '../../run/run-distillation.js'
import { buildMain } from '../../testing/build-main.js'
import { answerFiles } from '../../testing/answer-files.js'
import { keepAnswers } from './keep-answers.js'

let folder: string
let main: string
let remove: () => Promise<void>
beforeAll(async () => {
  ;({ main, remove } = await buildMain())
  folder = await mkdtemp(join(tmpdir(), 'kd-answers-process-'))
  const common = { dataset: { name: 'digits' }, engine: 'cpu', training: { epochs: 1 } } as const
  const teacher = { student: { model: { name: 'mlp', hiddenUnits: [64] } } } as const
  await runTraining({ ...common, ...teacher }, { out: join(folder, 'teacher') })
  await writeFile(
    join(folder, 'keep.yaml'),
    `dataset: { name: digits }
teachers: [{ run: teacher }]
student: { model: { name: mlp, hiddenUnits: [8] } }
engine: cpu
`,
  )
})
afterAll(async () => {
  await remove()
  await rm(folder, { recursive: true })
})

const words = (out: string): string[] => [
  ...[main, 'keep-answers', join(folder, 'keep.yaml'), '--out', out],
  ...['--shard-rows', '250', '--jobs', '2', '--json'],
]
it('gives the same bytes from several processes, killed at any moment and called again', async () => {
  const alone = join(folder, 'alone')
  await keepAnswers(join(folder, 'keep.yaml'), { out: alone, shardRows: 250 })

  const out = join(folder, 'killed')
  const child = spawn(process.execPath, words(out), { stdio: 'ignore' })
  const closed = new Promise((resolve) => child.on('close', resolve))
  while (!existsSync(join(out, 'answers-1/manifest.json'))) await setTimeout(2)
  // While its two processes ask: what they were told to write is there whole, or not at all.
  await setTimeout(50)
  child.kill('SIGKILL')
  await closed

  const { stdout } = await promisify(execFile)(process.execPath, words(out))
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    ended: 'done',
    answers: [{ examples: 1797 }],
  })
  expect(await answerFiles(join(out, 'answers-1'))).toEqual(await answerFiles(join(alone, 'answers-1')))
}, 60_000)
