import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { decode } from 'fast-png'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from '../run/run-distillation.js'
import { writeReport } from './write-report.js'

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

describe.skipIf(program === undefined)('a report in Chromium', () => {
  let folder: string
  let address: string
  let browser: Browser
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kd-browser-'))
    for (const seed of [0, 1]) {
      await runDistillation(
        {
          dataset: { name: 'digits', validation: 0.1 },
          teachers: [{ model: { name: 'mlp', hiddenUnits: [8] }, training: { epochs: 1 } }],
          student: { model: { name: 'mlp', hiddenUnits: [8] } },
          method: { name: 'weighted-soft-labels' },
          training: { epochs: 2 },
          engine: 'cpu',
          seed,
        },
        { out: join(folder, `run-${seed}`) },
      )
    }
    const { file } = await writeReport([join(folder, 'run-0'), join(folder, 'run-1')])
    address = pathToFileURL(file).href
    browser = await chromium.launch({ executablePath: program!, args: ['--no-sandbox'] })
  }, 240_000)
  afterAll(async () => {
    await browser.close()
    await rm(folder, { recursive: true })
  })

  async function open(
    width: number,
    colorScheme: 'light' | 'dark',
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(request.url())
    })
    await page.goto(address)
    return { page, complaints }
  }

  it.each([
    ['a phone', 390, 'light'],
    ['a phone at night', 390, 'dark'],
    ['a desk', 1280, 'light'],
  ] as const)('is drawn without a complaint on %s', async (_, width, scheme) => {
    const { page, complaints } = await open(width, scheme)
    // Expressions as text: the code runs in the page, whose names this project's types do not know.
    const boxes = await page.evaluate<number[][]>(
      `Array.from(document.querySelectorAll('section > .charts svg'), (svg) => {
        const { left, right, height } = svg.getBoundingClientRect()
        return [left, right, height]
      })`,
    )
    expect(boxes.length).toBeGreaterThanOrEqual(6)
    for (const [left, right, height] of boxes) {
      expect(height).toBeGreaterThan(60)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(right).toBeLessThanOrEqual(width)
    }
    // Nothing makes the page itself wider than the screen.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    const images = await page.evaluate<number[]>(
      "Array.from(document.querySelectorAll('img'), (image) => image.naturalWidth)",
    )
    expect(images.length).toBeGreaterThan(40)
    expect(new Set(images)).toEqual(new Set([8]))

    const picture = decode(await page.screenshot({ fullPage: true }))
    expect(picture.width).toBe(width)
    const brightness = Array.from(picture.data.subarray(0, 3)).reduce((sum, value) => sum + value, 0)
    expect(brightness > 3 * 128).toBe(scheme === 'light')
    expect(new Set(picture.data).size).toBeGreaterThan(50)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('can be read with the keyboard alone', async () => {
    const { page } = await open(1280, 'light')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the results')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('content')
    const summary = page.locator('#origin summary').first()
    await summary.focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('#origin details').first().getAttribute('open')).not.toBeNull()
    await page.close()
  })
})
