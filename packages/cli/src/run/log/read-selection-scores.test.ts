import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSelectionScores } from './read-selection-scores.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-scores-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('reads scores and choices by id, and is undefined where there are none', async () => {
  expect(await readSelectionScores(folder)).toBeUndefined()
  await writeFile(join(folder, 'selection-scores.csv'), 'id,label,score,chosen\n7,1,-1.5e-9,0\n2,0,3,1\n')
  expect([...(await readSelectionScores(folder))!]).toEqual([
    [7, { score: -1.5e-9, chosen: false }],
    [2, { score: 3, chosen: true }],
  ])
})

it.each(['7,1,-1.5', '7,1,x,0', '7,1,NaN,0', '7,1, ,0', '-7,1,1,0', '7,1,1,2', '7,1,1,1,1', ''])(
  'refuses the row %j',
  async (row) => {
    const path = join(folder, 'selection-scores.csv')
    await writeFile(path, `id,label,score,chosen\n1,1,1,1\n${row}\n2,1,1,1\n`)
    await expect(readSelectionScores(folder)).rejects.toThrow(
      `${path} must have id, label, score and choice in each row, got ${JSON.stringify(row)} in row 2`,
    )
  },
)
