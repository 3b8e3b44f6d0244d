import { describe, expect, it } from 'vitest'
import { answerJobs, type AnswersToDo } from './answer-jobs.js'
import type { AnswerManifest, ShardPlace } from '../../run/answers/answer-manifest.js'

const places = (split: ShardPlace['split'], count: number): ShardPlace[] =>
  Array.from({ length: count }, (_, index) => ({ split, index }))
const all = [...places('train', 7), ...places('test', 2)]
const manifest = {
  id: 'a'.repeat(64),
  rowsPerShard: 250,
  splits: { train: { examples: 1700 }, test: { examples: 500 } },
} as unknown as AnswerManifest
const common = { config: {}, teachers: 'teachers', threads: 1, needs: [] } as unknown as Parameters<
  typeof answerJobs
>[2]
const jobs = (missing: readonly ShardPlace[], count: number, change: Partial<AnswersToDo> = {}) =>
  answerJobs({ name: 'l', folder: 'l', index: 0, state: 0, manifest, missing, ...change }, count, common)

describe('answerJobs', () => {
  it.each([1, 2, 4, 9, 20])('shares all missing shards out over %i jobs at most, each to one', (count) => {
    const found = jobs(all, count)
    expect(found.length).toBeLessThanOrEqual(count)
    expect(found.flatMap(({ shards }) => shards)).toEqual(all)
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
  })

  it('asks for the same jobs again while they are not done, and for none that is', () => {
    const before = jobs(all, 3)
    const left = jobs([all[1]!, all[7]!], 3)
    expect(left.map(({ id, name }) => [id, name])).toEqual(
      [before[0]!, before[2]!].map(({ id, name }) => [id, name]),
    )
    expect(left.map(({ shards }) => shards)).toEqual([[all[1]], [all[7]]])
    expect(jobs([], 3)).toEqual([])
  })

  it('takes equal answers in two folders for two jobs', () => {
    expect(jobs(all, 1, { folder: 'other' })[0]!.id).not.toBe(jobs(all, 1)[0]!.id)
  })
})
