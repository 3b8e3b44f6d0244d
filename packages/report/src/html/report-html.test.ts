import { describe, expect, it } from 'vitest'
import type { ReportedRun } from '../run/reported-run.js'
import { reportHtml } from './report-html.js'

const moment = { epoch: 1, mean: 0.5, min: 0, max: 1, counts: [1, 3] }
const run: ReportedRun = {
  name: 'first <b>',
  method: 'weighted-soft-labels',
  seed: 0,
  config: 'seed: 0',
  environment: {},
  epochs: [{ epoch: 1, steps: 10, seconds: 0.5, learningRate: 0.1, train: { loss: 2.3, figure: 0.2 } }],
  spreads: [
    { name: 'weight', moments: [moment, { ...moment, epoch: 3, mean: 0.25 }] },
    { name: 'once', moments: [moment] },
  ],
}
const draw = (runs: readonly ReportedRun[], script?: string): Promise<string> =>
  reportHtml({ title: 'runs', runs, date: 'today', ...(script !== undefined && { script }) })

describe('reportHtml', () => {
  it('draws what was measured at more than one moment', async () => {
    const text = await draw([run])
    expect(text).toContain('how weight was spread over training examples')
    expect(text).not.toContain('how once was spread')
    expect(text).toContain('first &lt;b&gt;')
  })

  it('draws what has not changed once', async () => {
    let looks = 0
    const watched = new Proxy(run, {
      get: (target, key) => {
        if (key === 'spreads') looks += 1
        return Reflect.get(target, key) as unknown
      },
    })
    const first = await draw([watched])
    expect(await draw([watched])).toBe(first)
    expect(looks).toBe(1)
    const changed = await draw([{ ...run, spreads: [{ name: 'other', moments: run.spreads![0]!.moments }] }])
    expect(changed).toContain('how other was spread')
  })

  it('lets only a page with a script run anything, and only from its own server', async () => {
    const policy = (text: string): string => /Security-Policy" content="([^"]*)"/.exec(text)![1]!
    const still = await draw([run])
    expect(still).not.toContain('<script')
    expect(policy(still)).toBe('default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:')
    const live = await draw([run], '/live.js')
    expect(live).toContain('<script src="/live.js" defer></script>')
    expect(policy(live)).toBe(`${policy(still)}; script-src &#39;self&#39;; connect-src &#39;self&#39;`)
  })

  it('draws few of very many epochs, and counts all of them', async () => {
    const epochs = Array.from({ length: 51_000 }, (_, index) => ({ ...run.epochs[0]!, epoch: index + 1 }))
    const moments = epochs.map(({ epoch }) => ({ ...moment, epoch }))
    const shares = [{ name: 'share', moments: moments.map(({ epoch }) => ({ epoch, share: 0.5 })) }]
    const many = Array.from({ length: 3 }, (_, seed) => ({
      ...run,
      ...{ name: `run ${seed}`, seed, epochs, shares, spreads: [{ name: 'weight', moments }] },
    }))
    const before = performance.now()
    const text = await draw(many)
    expect(text.length).toBeLessThan(5e6)
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(text).toContain('Of every 64 epochs one is drawn.')
    expect(text).toMatch(/<td[^>]*>51000<\/td>/)
    expect(await draw([run])).not.toContain('one is drawn')
  }, 60_000)

  it('takes the sums of a run that brings only some of its epochs', async () => {
    const trained = { epochs: 51_000, steps: 510_000, seconds: 2550 }
    expect(await draw([{ ...run, trained }])).toMatch(/<td[^>]*>51000<\/td>/)
  })

  const kind = { name: 'error', title: 'error', unit: 'number', better: 'lower' } as const
  const result = {
    ...{ ended: 'epochs', seconds: 1, last: { epoch: 1, test: 0.25 }, saved: 'last' as const },
    student: { parameters: 1000, bytes: 4000 },
    teachers: [{ model: 'mlp <i>', train: 0.1, test: 0.125, parameters: 12_345, bytes: 49_380 }],
  }

  it('leads the report of one run with its key figures, and draws no chart of one dot', async () => {
    const text = await draw([{ ...run, spreads: [], figure: kind, result }])
    expect(text.indexOf('Key figures</h2>')).toBeLessThan(text.indexOf('Runs</h2>'))
    for (const words of ['0.25', '0.125', '49.4 kB', '12,345 parameters', '4 kB', '12.3 ×', 'mlp &lt;i&gt;'])
      expect(text).toContain(words)
    expect(text).toContain('Here the student is 0.125 worse than its teacher.')
    expect(text).toContain('With 1 seed nothing can be said')
    expect(text).not.toContain('<svg')
    const classes = { epoch: 1, test: 0.9, balancedAccuracy: 0.625, macroF1: 0.5625 }
    const ofClasses = await draw([{ ...run, result: { ...result, last: classes } }])
    for (const words of ['balanced accuracy', '62.50 %', 'macro F1', '56.25 %'])
      expect(ofClasses).toContain(words)
  })

  it('leads a comparison with what was found, and sets figures against bytes', async () => {
    const methods = ['KD <b>', 'LR']
    const runs = methods.flatMap((method, row) =>
      [0, 1, 2].map((seed) => {
        const test = 0.5 - row / 8 + seed / 100 + (row * seed) / 1000
        return {
          ...{ ...run, name: `runs/${method}-${seed}`, seed, figure: kind, spreads: [] },
          result: { ...result, last: { epoch: 1, test } },
        }
      }),
    )
    const comparison = {
      ...{ version: 1 as const, name: 'two', axes: [{ name: 'method', labels: methods }], seeds: [0, 1, 2] },
      ...{ baseline: { method: methods[0]! }, figure: kind },
      runs: runs.map(({ name, seed, result: { last } }, index) => ({
        ...{ labels: { method: methods[Math.floor(index / 3)]! }, seed, id: name, folder: name },
        ...{ state: 'done' as const, last },
      })),
    }
    const text = await reportHtml({ title: 'two', runs, comparison, date: 'today' })
    expect(text).toContain('LR is better than KD &lt;b&gt; by 0.124')
    expect(text).not.toContain('KD <b>')
    expect(text.indexOf('What was found</h2>')).toBeLessThan(text.indexOf('Comparison</h2>'))
    expect(text).toContain('Test error after the last epoch (lower is better): a dot is a seed')
    expect(text).toContain('left of 0 is better')
    expect(text).toContain('against bytes of the weights; one point per student and teacher')
  })

  it('needs a run', async () => {
    await expect(draw([])).rejects.toThrow('reportHtml: runs must hold at least one run, got none')
  })
})
