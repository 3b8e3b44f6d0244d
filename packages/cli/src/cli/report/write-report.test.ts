import type { Figures } from '@kd/core'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from '../../run/run-distillation.js'
import type { RunResult } from '../../run/log/run-result.js'
import { runKd } from '../../testing/run-kd.js'

let folder: string
const run = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-report-'))
  for (const [name, method] of [
    ['wsl', { name: 'weighted-soft-labels' }],
    ['lr', { name: 'label-revision' }],
  ] as const) {
    await runDistillation(
      {
        dataset: { name: 'digits', validation: 0.1 },
        teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 1 } }],
        student: { model: { name: 'mlp', hiddenUnits: [8] } },
        method,
        training: { epochs: 2 },
        engine: 'cpu',
      },
      { out: run(name) },
    )
  }
}, 240_000)
afterAll(() => rm(folder, { recursive: true }))

/** A page whose cells of tables stand without spaces around their text. */
const cells = (text: string): string => text.replaceAll(/<td[^>]*>\s*([^<]*?)\s*<\/td>/g, '<td>$1</td>')
const page = (path: string): Promise<string> => readFile(path, 'utf8')

describe('kd report', () => {
  it('draws one run in a file that needs nothing else', async () => {
    expect((await runKd(['report', run('wsl')])).exitCode).toBe(0)
    const text = await page(join(run('wsl'), 'report.html'))
    expect(text).toMatch(/^<!doctype html>/)
    for (const title of [
      'Key figures',
      'Runs',
      'Learning curves',
      'Which classes, and how sure',
      'Training examples',
      'Config and environment',
    ])
      expect(text).toContain(`>${title}</h2>`)
    expect(text).toContain('>soft label weight</h3>')
    expect(text).toContain('Regularization samples')
    expect(text.match(/<svg role="img" aria-label="/g)!.length).toBeGreaterThanOrEqual(8)
    // Of one run it would be a chart of one dot.
    expect(text).not.toContain('Accuracy and cost')
    expect(text.match(/data:image\/png;base64,/g)!.length).toBe(48)
    // Nothing to fetch and nothing to run; the namespaces of SVG are names.
    expect(text).not.toMatch(/<script|\s(src|href)="(?!#|data:)/)
  })

  it('shows the numbers of the run', async () => {
    await runKd(['report', run('lr'), run('wsl'), '--out', run('both.html')])
    const text = await page(run('both.html'))
    for (const name of ['lr', 'wsl']) {
      const lines = (await page(join(run(name), 'metrics.jsonl'))).trim().split('\n')
      const { last } = JSON.parse(lines.at(-1)!) as { last: { test: { top1: number } } }
      expect(text).toContain(`${(100 * last.test.top1).toFixed(2)} %`)
    }
    expect(text).toContain('>moved probability</h3>')
    // Whether the student learns the label or the teacher's mistake.
    expect(text).toContain('where the teacher is wrong, the student says the label')
  })

  it('shows the figure of the task, beside runs of another task too', async () => {
    await runDistillation(
      {
        dataset: { name: 'digits', validation: 0.1, take: { train: 200, test: 50 } },
        task: { name: 'regression' },
        teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 1 } }],
        student: { model: { name: 'mlp', hiddenUnits: [8] } },
        method: { name: 'vanilla-kd' },
        training: { epochs: 2 },
        engine: 'cpu',
      },
      { out: run('ink') },
    )
    expect((await runKd(['report', run('ink')])).exitCode).toBe(0)
    const text = await page(join(run('ink'), 'report.html'))
    const lines = (await page(join(run('ink'), 'metrics.jsonl'))).trim().split('\n')
    const { last, teachers } = JSON.parse(lines.at(-1)!) as RunResult
    const shown = (figures: Figures): string =>
      `<td>${Number(figures['rootMeanSquaredError']!.toPrecision(4))}</td>`
    expect(cells(text)).toContain(shown(last!.test!))
    expect(cells(text)).toContain(shown(teachers[0]!.train))
    expect(cells(text)).toContain('<td>root mean squared error, lower is better</td>')
    expect(text).toContain('root mean squared error on the validation split')
    expect(text).not.toMatch(/\d %|accuracy/)
    expect(text).toMatch(/Here the student is [\d.]+ (better|worse) than its teacher\./)

    await runKd(['report', run('ink'), run('wsl'), '--out', run('both.html')])
    const both = await page(run('both.html'))
    // Each figure has curves and axes of its own.
    for (const title of ['accuracy', 'root mean squared error']) {
      expect(both).toContain(`${title} on the validation split`)
      expect(both).toContain(`test ${title} after the last epoch against milliseconds`)
    }
    expect(cells(both)).toContain('<td>accuracy</td>')
    expect(both).toContain('>Quality and cost</h2>')
  })

  it('does not believe what is written in a folder', async () => {
    const path = join(run('lr'), 'diagnostics.json')
    const before = await page(path)
    const report = async (text: string): Promise<string> => {
      await writeFile(path, text)
      const { exitCode, err } = await runKd(['report', run('lr'), '--out', run('bad.html')])
      return `${exitCode} ${err}`
    }
    const names = JSON.parse(before) as { classNames: string[]; measures: { highest: object[] }[] }
    names.classNames[0] = '<img src=x onerror=alert(1)>'
    expect(await report(JSON.stringify(names))).toMatch(/^0/)
    expect(await page(run('bad.html'))).not.toContain('<img src=x')
    Object.assign(names.measures[0]!.highest[0]!, { image: '" onerror="alert(1)' })
    expect(await report(JSON.stringify(names))).toContain('measures.0.highest.0.image')
    expect(await report('{')).toMatch(/^2.*must hold JSON/)
    await writeFile(path, before)
  })

  it.each([['nowhere'], ['.']])('refuses a folder that is no run: %s', async (name) => {
    const { exitCode, err } = await runKd(['report', run(name)])
    expect(exitCode).toBe(2)
    expect(err).toContain('must be the folder of a run or of a comparison')
  })
})
