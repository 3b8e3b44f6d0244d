import { describe, expect, it } from 'vitest'
import { inOrder } from './in-order.js'
import type { Job, JobEvent, JobOutcome } from '../job/job.js'

const job = (id: string, ...needs: string[]): Job => ({
  ...{ kind: 'distill', id, name: id, needs, threads: 1, folder: id, teachers: 't' },
  config: {} as Job['config'],
})

async function run(
  jobs: readonly Job[],
  atOnce: number,
  doJob: (job: Job) => Promise<JobOutcome> = () => Promise.resolve({ state: 'done' }),
  signal = new AbortController().signal,
) {
  const events: JobEvent[] = []
  const outcomes = await inOrder(jobs, atOnce, { signal, onEvent: (event) => events.push(event) }, doJob)
  return { outcomes, events: events.map((event) => `${event.kind} ${'job' in event ? event.job.id : ''}`) }
}

describe('inOrder', () => {
  it('does a job after those that it needs, wherever they stand', async () => {
    const { events } = await run([job('c', 'b'), job('a'), job('b', 'a')], 3)
    expect(events).toEqual(['started a', 'ended a', 'started b', 'ended b', 'started c', 'ended c'])
  })

  it('does no more at a time than it may, and no less', async () => {
    let now = 0
    let most = 0
    const jobs = Array.from({ length: 9 }, (_, index) => job(`j${index}`))
    await run(jobs, 3, async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
      return { state: 'done' }
    })
    expect(most).toBe(3)
  })

  it('fails what needs a job that failed, and does the rest', async () => {
    const doJob = ({ id }: Job): Promise<JobOutcome> =>
      Promise.resolve(id === 'a' ? { state: 'failed', message: 'no disk' } : { state: 'done' })
    const { outcomes } = await run([job('a'), job('b', 'a'), job('c'), job('d', 'missing')], 2, doJob)
    expect(Object.fromEntries(outcomes)).toEqual({
      a: { state: 'failed', message: 'no disk' },
      b: { state: 'failed', message: 'a failed: no disk' },
      c: { state: 'done' },
      d: { state: 'done' },
    })
  })

  it('begins nothing after the signal', async () => {
    const controller = new AbortController()
    const doJob = (): Promise<JobOutcome> => {
      controller.abort()
      return Promise.resolve({ state: 'stopped' })
    }
    const { outcomes, events } = await run([job('a'), job('b'), job('c', 'a')], 1, doJob, controller.signal)
    expect([...outcomes.values()].map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped'])
    expect(events.filter((event) => event.startsWith('started'))).toEqual(['started a'])
  })
})
