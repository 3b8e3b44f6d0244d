import { decode } from 'fast-png'
import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { needs } from '@kd/testing'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { TestOptions } from 'vitest'

const chromiumProgram: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))

/** Options of tests that open a page in a browser of the machine. */
export const needsChromium: TestOptions = needs(
  chromiumProgram !== undefined,
  'Chromium (Debian: apt-get install chromium)',
)

/** Starts a browser of the machine. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumProgram!, args: ['--no-sandbox'] })
}

/** A page, and everything that it complained about or fetched from elsewhere. */
export interface WatchedPage {
  readonly page: Page
  readonly complaints: readonly string[]
}

/** Opens an address; requests to anywhere but `allowed` count as complaints. */
export async function openPage(
  browser: Browser,
  address: string,
  { width, colorScheme, allowed }: { width: number; colorScheme: 'light' | 'dark'; allowed: RegExp },
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!allowed.test(request.url())) complaints.push(request.url())
  })
  await page.goto(address)
  return { page, complaints }
}

/** Where something lies on the page, in CSS pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The boxes of all elements that are shown. Expressions are text: they run in the page, whose names this project's types do not know. */
export function boxesOf(page: Page, selector: string): Promise<Box[]> {
  return page.evaluate<Box[]>(
    `Array.from(document.querySelectorAll(${JSON.stringify(selector)}), (element) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      return { left: left + scrollX, top: top + scrollY, width, height }
    }).filter(({ width }) => width > 0)`,
  )
}

/** A picture of the whole page. */
export interface Screenshot {
  readonly width: number
  readonly height: number
  /** How much of a box is not of the colour of its upper left corner, a share. */
  readonly inkOf: (box: Box) => number
  /** Brightness of the page's upper left corner, in [0, 1]. */
  readonly background: number
}

/**
 * Takes a picture of the whole page, and keeps it as `<name>.png` in the folder that the environment variable KD_SCREENSHOTS names,
 * if it does.
 */
export async function screenshot(page: Page, name: string): Promise<Screenshot> {
  const file = await page.screenshot({ fullPage: true })
  const folder = process.env['KD_SCREENSHOTS']
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `${name}.png`), file)
  }
  const { width, height, channels, data } = decode(file)
  const brightness = (x: number, y: number): number => {
    const at = (y * width + x) * channels
    return (data[at]! + data[at + 1]! + data[at + 2]!) / (3 * 255)
  }
  const inkOf = (box: Box): number => {
    const [left, top] = [Math.ceil(box.left), Math.ceil(box.top)]
    const [right, bottom] = [Math.floor(box.left + box.width), Math.floor(box.top + box.height)]
    const paper = brightness(left, top)
    let ink = 0
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) if (Math.abs(brightness(x, y) - paper) > 0.1) ink++
    return ink / ((right - left) * (bottom - top))
  }
  return { width, height, inkOf, background: brightness(0, 0) }
}
