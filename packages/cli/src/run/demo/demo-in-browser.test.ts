import { createServer, type Server } from 'node:http'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { build } from 'tsup'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  boxesOf,
  needsChromium,
  openPage,
  screenshot,
  startChromium,
  type WatchedPage,
} from '../../testing/report-page.js'
import { runKd } from '../../testing/run-kd.js'
import { demoPage } from '../../../tsup.config.js'
import { runDistillation, runTraining } from '../run-distillation.js'

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

describe('kd demo in Chromium', needsChromium, () => {
  let folder: string
  let browser: Browser
  let server: Server
  const at = (name: string): string => join(folder, name)
  beforeAll(async () => {
    const root = join(import.meta.dirname, '../../..')
    await build({
      ...demoPage,
      entry: { 'demo-page': join(root, 'src/page/demo-page.ts') },
      tsconfig: join(root, 'src/page/tsconfig.json'),
      outDir: join(root, 'dist'),
      config: false,
      silent: true,
    })
    folder = await mkdtemp(join(tmpdir(), 'kd-demo-'))
    const training = { epochs: 6, batchSize: 32 }
    await runDistillation(
      {
        dataset: { name: 'digits' },
        teachers: [{ model: { name: 'small-cnn', widths: [8, 16] }, training }],
        student: { model: { name: 'mlp', hiddenUnits: [32] } },
        method: { name: 'vanilla-kd' },
        training,
      },
      { out: at('digits') },
    )
    const rows = Array.from(
      { length: 200 },
      (_, row) => `${row % 20},${row % 7},${row % 20 > 9 ? 'high' : 'low'}`,
    )
    await writeFile(at('table.csv'), ['width,depth,kind', ...rows].join('\n'))
    await runTraining(
      {
        dataset: { name: 'csv', path: at('table.csv'), label: 'kind', test: 0.2 },
        student: { model: { name: 'mlp', hiddenUnits: [8] } },
        training: { ...training, epochs: 20 },
        engine: 'cpu',
      },
      { out: at('table') },
    )
    for (const run of ['digits', 'table']) {
      const { exitCode, err } = await runKd(['demo', at(run), '--out', at(`${run}-page`)])
      expect(exitCode, err).toBe(0)
    }
    server = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : request.url!.slice(1)
      void readFile(at(join('digits-page', name))).then((content) => {
        response.writeHead(200, { 'content-type': types[name.split('.').at(-1)!]! }).end(content)
      })
    }).listen(0, '127.0.0.1')
    browser = await startChromium()
  }, 300_000)
  afterAll(async () => {
    await browser.close()
    server.close()
    await rm(folder, { recursive: true })
  })

  const served = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const file = (run: string): string => pathToFileURL(at(`${run}-page/index.html`)).href
  const open = async (address: string, width: number): Promise<WatchedPage> => {
    const allowed = address.startsWith('file:')
      ? /^(file|data|blob):/
      : new RegExp(`^(${served()}|data:|blob:)`)
    const watched = await openPage(browser, address, { width, colorScheme: 'light', allowed })
    await watched.page.waitForSelector('body[data-ready]')
    await watched.page.waitForSelector('.row')
    return watched
  }
  const outputs = (page: Page): Promise<string[]> =>
    page.evaluate<string[]>("Array.from(document.querySelectorAll('.value'), (cell) => cell.textContent)")

  it.each([
    ['phone', 390, 'server'],
    ['desk', 1280, 'file'],
  ] as const)('shows student and teacher of drawn digits on a %s', async (name, width, from) => {
    const { page, complaints } = await open(from === 'server' ? served() : file('digits'), width)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    const titles = await page.locator('h2').allTextContents()
    expect(titles.map((title) => title.split(':')[0])).toEqual(['student', 'teacher'])
    for (const text of await page.locator('.cost').allTextContents())
      expect(text).toMatch(/^\d+\.\d kB, \d+\.\d\d ms for one$/)
    const before = await outputs(page)
    expect(before.length).toBe(20)
    await page.getByRole('button', { name: 'Clear' }).click()
    const box = (await page.locator('canvas').boundingBox())!
    const move = (x: number, y: number): Promise<void> =>
      page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 })
    await move(0.5, 0.1)
    await page.mouse.down()
    await move(0.5, 0.9)
    await page.mouse.up()
    await expect.poll(() => outputs(page)).not.toEqual(before)
    const best = await page.locator('.best .name').allTextContents()
    expect([best.length, best[0]]).toEqual([2, '1'])
    for (const { left, width: wide } of await boxesOf(page, 'canvas, section, .row, button, input'))
      expect([left >= 0, left + wide <= width]).toEqual([true, true])
    await screenshot(page, `demo-${name}`)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('takes an image', async () => {
    const { page, complaints } = await open(file('digits'), 390)
    const before = await outputs(page)
    const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 60, height: 60 } })
    await page.setInputFiles('input[type=file]', { name: 'one.png', mimeType: 'image/png', buffer: picture })
    await expect.poll(() => outputs(page)).not.toEqual(before)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('takes the numbers of a table, from a file', async () => {
    const { page, complaints } = await open(file('table'), 390)
    expect(await page.locator('label').allTextContents()).toEqual(['width', 'depth'])
    expect(await page.locator('h2').count()).toBe(1)
    for (const [value, kind] of [
      ['18', 'high'],
      ['1', 'low'],
    ] as const) {
      await page.getByLabel('width').fill(value)
      await expect.poll(() => page.locator('.best .name').textContent()).toBe(kind)
    }
    await screenshot(page, 'demo-table')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('replaces nothing unasked', async () => {
    const again = ['demo', at('table'), '--out', at('table-page')]
    expect((await runKd(again)).err).toContain('holds a page already')
    expect((await runKd([...again, '--force'])).exitCode).toBe(0)
    expect((await runKd(['demo', at('table'), '--out', at('digits'), '--force'])).err).toContain(
      'must hold a page and nothing else',
    )
    expect(await readdir(at('table-page'))).toEqual(['content.js', 'demo-page.js', 'index.html'])
  })
})
