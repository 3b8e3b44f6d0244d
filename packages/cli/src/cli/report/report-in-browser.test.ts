import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/config-schema.js'
import { runComparison } from '../../jobs/compare/run-comparison.js'
import { inProcessRunner } from '../../jobs/runner/in-process-runner.js'
import { runDistillation } from '../../run/run-distillation.js'
import {
  boxesOf,
  needsChromium,
  openPage,
  screenshot,
  startChromium,
  type WatchedPage,
} from '../../testing/report-page.js'
import { writeTinyComparison } from '../../testing/tiny-comparison.js'
import { writeReport } from './write-report.js'

const digits = { name: 'digits', take: { train: 400, test: 100 } } as const
const mlp = { name: 'mlp', hiddenUnits: [8] } as const
const common = {
  dataset: digits,
  // So wrong that there is something to revise, to weigh and to leave out.
  teachers: [{ model: mlp, labelNoise: { kind: 'symmetric', rate: 0.6 }, training: { epochs: 6 } }],
  student: { model: mlp },
  training: { epochs: 4 },
  engine: 'cpu',
} as const satisfies Partial<ConfigInput>
const runs: Record<string, ConfigInput> = {
  'wsl-0': { ...common, method: { name: 'weighted-soft-labels' } },
  'wsl-1': { ...common, method: { name: 'weighted-soft-labels' }, seed: 1 },
  'lr-and-ds': {
    ...common,
    method: { name: 'label-revision', selection: { model: 'student', score: 'margin', every: 1 } },
  },
  alm: { ...common, method: { name: 'adaptive-mixing', variant: 'alm-kd', warmUpEpochs: 1, every: 1 } },
  table: {
    ...common,
    dataset: { name: 'blobs' },
    method: { name: 'label-revision', loss: 'kl' },
  },
}

describe('a report in Chromium', needsChromium, () => {
  let folder: string
  let address: string
  let browser: Browser
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kd-browser-'))
    for (const [name, config] of Object.entries(runs))
      await runDistillation(config, { out: join(folder, name) })
    const { file } = await writeReport(Object.keys(runs).map((name) => join(folder, name)))
    address = pathToFileURL(file).href
    await writeTinyComparison(join(folder, 'tiny.yaml'), 2)
    await runComparison(join(folder, 'tiny.yaml'), {
      out: join(folder, 'comparison'),
      runner: inProcessRunner(),
    })
    browser = await startChromium()
  }, 240_000)
  afterAll(async () => {
    await browser.close()
    await rm(folder, { recursive: true })
  })

  const open = (width: number, colorScheme: 'light' | 'dark'): Promise<WatchedPage> =>
    openPage(browser, address, { width, colorScheme, allowed: /^(file|data):/ })

  it.each([
    ['phone', 390, 'light'],
    ['phone-at-night', 390, 'dark'],
    ['desk', 1280, 'light'],
  ] as const)('is drawn without a complaint on a %s', async (name, width, scheme) => {
    const { page, complaints } = await open(width, scheme)
    await page.evaluate(
      "for (const details of document.querySelectorAll('details')) details.setAttribute('open', '')",
    )
    // Nothing makes the page itself wider than the screen.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    const picture = await screenshot(page, `report-${name}`)
    expect(picture.width).toBe(width)
    expect(picture.background > 0.5).toBe(scheme === 'light')

    const charts = await boxesOf(page, 'figure svg')
    const captions = await boxesOf(page, 'figcaption')
    // Curves, of the parts of three losses too, and cost; classes of five runs; what methods made of examples.
    expect(charts.length).toBe(4 + 3 + 2 + 5 * 2 + 2 * (2 + 2) + (1 + 3 + 2 + 4) + (2 + 3) + (1 + 1 + 1 + 2))
    for (const [index, chart] of charts.entries()) {
      expect(chart.height).toBeGreaterThan(60)
      expect(chart.width).toBeGreaterThan(250)
      expect(chart.left).toBeGreaterThanOrEqual(0)
      expect(chart.left + chart.width).toBeLessThanOrEqual(width)
      expect(captions[index]!.top).toBeGreaterThanOrEqual(chart.top + chart.height)
      // Axes, letters and lines are there, and not the same colour as the paper.
      expect(picture.inkOf(chart)).toBeGreaterThan(0.01)
    }
    const images = await boxesOf(page, 'img')
    expect(images.length).toBe(24 * (2 + 2 + 4 + 3))
    for (const { width: side, height } of images) expect([side >= 64, height >= 64]).toEqual([true, true])
    const words = await page.evaluate<string[]>(
      "Array.from(document.querySelectorAll('img'), (image) => image.naturalWidth + image.alt)",
    )
    for (const word of words)
      expect(word).toMatch(/^8example \d+, label \d, teacher says \d, .+ -?\d[\d.e-]*$/)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each([
    ['one run', 'wsl-0', '#key-figures :is(.finding, dd)', 8],
    ['a comparison', 'comparison', '#findings :is(li, figure)', 3],
  ])('has the key figures of %s on the first screen of a phone', async (name, shown, selector, count) => {
    const { file } = await writeReport([join(folder, shown)], { out: join(folder, `${name}.html`) })
    const [width, height] = [390, 844]
    const { page, complaints } = await openPage(browser, pathToFileURL(file).href, {
      ...{ width, colorScheme: 'light', allowed: /^(file|data):/ },
    })
    const picture = await screenshot(page, `report-of-${name.replace(' ', '-')}`)
    const boxes = await boxesOf(page, selector)
    expect(boxes.length).toBe(count)
    for (const box of boxes) {
      expect(box.top + box.height).toBeLessThanOrEqual(height)
      expect(box.left).toBeGreaterThanOrEqual(0)
      expect(box.left + box.width).toBeLessThanOrEqual(width)
      expect(picture.inkOf(box)).toBeGreaterThan(0.005)
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('shows what each method made of single examples', async () => {
    const { page } = await open(1280, 'light')
    const words = async (run: number): Promise<string> =>
      (await page.locator('#examples > details').nth(run).textContent())!.replaceAll(/\s+/g, ' ')
    const [wsl, , revised, mixed, table] = await Promise.all([0, 1, 2, 3, 4].map(words))
    expect(wsl).toContain('how soft label weight was spread over training examples')
    expect(wsl).toContain('What weighted-soft-labels gives to each')
    expect(revised).toContain('shares of training examples after each epoch')
    expect(revised).toMatch(
      /moved probability above 0: [1-9]\d* of 400 training examples \(\d+\.\d\d %\), by class/,
    )
    expect(revised).toContain('how selection score was spread over training examples')
    expect(revised).toMatch(/selected above 0: 280 of 400 training examples \(70.00 %\), by class/)
    expect(mixed).toContain('how teacher0 weight was spread over training examples')
    expect(mixed).toContain('What adaptive-mixing gives to each')
    // No images: a table.
    expect(table).toMatch(/Highest moved probabilitylabelteacher says example \d+/)
    await page.close()
  })

  it('can be read with the keyboard alone', async () => {
    const { page } = await open(1280, 'light')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the results')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('content')
    for (const section of ['examples', 'origin']) {
      const summary = page.locator(`#${section} summary`).first()
      await summary.focus()
      await page.keyboard.press('Enter')
      expect(await page.locator(`#${section} details`).first().getAttribute('open')).not.toBeNull()
    }
    // What can be scrolled can be reached.
    const unreachable = await page.evaluate<number>(
      "Array.from(document.querySelectorAll('.scroll, pre')).filter(({ tabIndex }) => tabIndex !== 0).length",
    )
    expect(unreachable).toBe(0)
    await page.close()
  })
})
