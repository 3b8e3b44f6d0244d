import fc from 'fast-check'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from '../../../run/run-distillation.js'
import type { Job } from '../../job/job.js'
import { jobReply, takeReply, type JobReply } from './job-reply.js'
import { plainText } from './plain-text.js'
import { queueAddress } from './queue-address.js'

let folder: string
let run: string
let job: Job
let reply: JobReply

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-reply-'))
  run = join(folder, 'run')
  await runDistillation(
    {
      dataset: { name: 'digits', take: { train: 60, validation: 20, test: 20 } },
      student: { model: { name: 'mlp', hiddenUnits: [4] } },
      method: { name: 'label-loss' },
      training: { epochs: 2, batchSize: 20 },
      engine: 'cpu',
    },
    { out: run },
  )
  const { id } = JSON.parse(await readFile(join(run, 'environment.json'), 'utf8')) as { id: string }
  job = {
    ...{ kind: 'distill', id, name: 'one', needs: [], threads: 1, folder: 'run', teachers: 't' },
    config: {} as Job['config'],
  }
  reply = JSON.parse(JSON.stringify(await jobReply(job, run))) as JobReply
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('takeReply', () => {
  it('writes the files of a run as they were, and gives its result', async () => {
    const to = join(folder, 'to')
    const outcome = await takeReply(job, reply, to)
    expect(outcome).toMatchObject({
      state: 'done',
      result: { folder: to, ended: 'epochs', last: { epoch: 2 } },
    })
    const names = await readdir(to)
    expect(names.sort()).toEqual(['config.yaml', 'diagnostics.json', 'environment.json', 'metrics.jsonl'])
    for (const name of names) expect(await readFile(join(to, name))).toEqual(await readFile(join(run, name)))
  })

  it('believes what lies in the folder, whatever came', async () => {
    const shared = join(folder, 'shared')
    await cp(run, shared, { recursive: true })
    expect(await takeReply(job, { version: 1, files: {} }, shared)).toMatchObject({ state: 'done' })
  })

  const changed = (name: keyof JobReply['files'], from: RegExp, to: string): (() => unknown) => {
    return () => ({ ...reply, files: { ...reply.files, [name]: reply.files[name]!.replace(from, to) } })
  }
  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['text', () => 'done'],
    ['no files', () => ({ version: 1, files: {} })],
    ['a file that no run has', () => ({ ...reply, files: { ...reply.files, '../evil.sh': 'rm -rf /' } })],
    ['a file that is no text', () => ({ ...reply, files: { ...reply.files, 'config.yaml': 7 } })],
    ['another run', changed('environment.json', /"id": "\w+"/, `"id": "${'0'.repeat(64)}"`)],
    ['a run that was not ended', changed('metrics.jsonl', /"ended":"epochs"/, '"ended":"aborted"')],
    ['an accuracy that is none', changed('metrics.jsonl', /("kind":"result".*"top1":)[\d.]+/, '$17')],
    [
      'an accuracy that is text',
      changed('metrics.jsonl', /("kind":"result".*"top1":)[\d.]+/, '$1"<script>"'),
    ],
    ['metrics without a result', changed('metrics.jsonl', /.*"kind":"result".*\n/, '')],
    ['a config that is none', changed('config.yaml', /[^]*/, 'text')],
  ])('refuses %s, and writes nothing', async (_, forged) => {
    const to = join(folder, 'forged')
    expect(await takeReply(job, forged(), to)).toMatchObject({ state: 'failed' })
    expect(existsSync(to)).toBe(false)
  })
})

describe('plainText', () => {
  it('leaves nothing that a terminal would obey', () => {
    expect(plainText('a\u001b[2Jb\r\u0007\u009b1mc\nd')).toBe('a [2Jb   1mc\nd')
    expect(plainText('x'.repeat(10_000))).toHaveLength(2000)
  })
})

describe('queueAddress', () => {
  it('shows where it is and not who asks', () => {
    const { shown, redact } = queueAddress('rediss://alice:p%40ss@redis.example:6380/3')
    expect(shown).toBe('rediss://redis.example:6380/3')
    expect(redact('no p%40ss and no p@ss')).toBe('no *** and no ***')
  })

  it('never repeats a password', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/)
    const before = fc.constantFrom(
      'redis://',
      'rediss://',
      'http://',
      '',
      'redis:',
      'redis://a:',
      '//',
      'file:///',
    )
    const after = fc.constantFrom('@host', '@host:x', '@', '@host/a', '', '@host:99999999', '@[::1]:6379')
    fc.assert(
      fc.property(before, secret, after, (start, password, end) => {
        let text: string
        try {
          text = queueAddress(`${start}:${password}${end}`).shown
        } catch (error) {
          text = String(error)
        }
        expect(text).not.toContain(password)
      }),
    )
  })
})
