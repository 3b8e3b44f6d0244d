import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from '../../run/run-distillation.js'
import { replayRun } from '../../testing/replayed-run.js'
import { needsChromium, openPage, screenshot, startChromium } from '../../testing/report-page.js'
import { startKd } from '../../testing/run-kd.js'

describe('kd watch --browser', needsChromium, () => {
  let folder: string
  let browser: Browser
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kd-live-'))
    await runDistillation(
      {
        dataset: { name: 'digits', take: { train: 200, test: 50 } },
        teachers: [{ model: { name: 'mlp', hiddenUnits: [8] }, training: { epochs: 1 } }],
        student: { model: { name: 'mlp', hiddenUnits: [8] } },
        method: { name: 'weighted-soft-labels' },
        training: { epochs: 4 },
        engine: 'cpu',
      },
      { out: join(folder, 'whole') },
    )
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser.close()
    await rm(folder, { recursive: true })
  })

  it('keeps the page up to date, and the reader where they are', async () => {
    const run = await replayRun(join(folder, 'whole'), join(folder, 'live'))
    await run.toEpoch(1)
    const watch = startKd(['watch', run.folder, '--browser'])
    await expect.poll(() => watch.out(), { timeout: 20_000 }).toContain('live report: http://127.0.0.1:')
    const address = /http:\S+/.exec(watch.out())![0]
    const { page, complaints } = await openPage(browser, address, {
      width: 390,
      colorScheme: 'dark',
      allowed: new RegExp(`^data:|^${address}(live\\.js|events)?$`),
    })
    const rows = page.locator('#runs tbody td')
    expect(await rows.nth(3).textContent()).toBe('1')
    expect(await page.locator('#examples').count()).toBe(0)

    // Somebody reads at the end of the page.
    const summary = page.locator('#origin summary')
    await summary.focus()
    await page.keyboard.press('Enter')
    const config = page.locator('#origin pre').first()
    await config.focus()
    const place = (): Promise<number> =>
      page.evaluate<number>("document.querySelector('#origin summary').getBoundingClientRect().top")
    const before = await place()
    // One who looks at the end of a line finds it there when the line has changed.
    await page.evaluate("document.querySelector('#runs .scroll').scrollLeft = 70")
    await run.toEpoch(3)
    await expect.poll(() => rows.nth(3).textContent(), { timeout: 20_000 }).toBe('3')
    expect(await page.evaluate("document.querySelector('#runs .scroll').scrollLeft")).toBe(70)
    // A new section has come above.
    expect(await page.locator('#examples').count()).toBe(1)
    expect(await page.locator('nav').textContent()).toContain('Training examples')
    expect(await page.locator('#origin details').getAttribute('open')).not.toBeNull()
    expect(await page.evaluate("document.activeElement.matches('#origin pre')")).toBe(true)
    expect(Math.abs((await place()) - before)).toBeLessThan(5)

    // Whoever wants to read in peace can.
    const follow = page.getByLabel('keep this page up to date')
    await follow.uncheck()
    await run.toEpoch(4)
    await expect.poll(() => watch.out(), { timeout: 20_000 }).toContain('epoch 4/4')
    // The page has heard of it, and waits.
    await expect.poll(() => page.evaluate('behind'), { timeout: 20_000 }).toBe(true)
    expect(await rows.nth(3).textContent()).toBe('3')
    await follow.check()
    await expect.poll(() => rows.nth(3).textContent(), { timeout: 20_000 }).toBe('4')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)

    await run.toEnd()
    expect((await watch.ended).exitCode).toBe(0)
    await expect.poll(() => page.locator('header').textContent(), { timeout: 20_000 }).toContain('has ended')
    expect(await rows.nth(6).textContent()).toBe('epochs')
    expect(await page.locator('#examples img').count()).toBe(48)
    await screenshot(page, 'watch-phone-at-night')
    expect(complaints).toEqual([])
    await page.close()
  }, 120_000)

  it('begins to show runs that had not begun, and leaves open what was opened', async () => {
    const runs = join(folder, 'none')
    await mkdir(runs)
    const controller = new AbortController()
    const watch = startKd(['watch', runs, '--port', '0'], controller.signal)
    await expect.poll(() => watch.out(), { timeout: 20_000 }).toContain('live report: ')
    const address = /http:\S+/.exec(watch.out())![0]
    const { page, complaints } = await openPage(browser, address, {
      width: 1280,
      colorScheme: 'light',
      allowed: /^(data:|http:\/\/127\.0\.0\.1:)/,
    })
    expect(await page.locator('main').textContent()).toContain('Waiting for a run.')
    const run = await replayRun(join(folder, 'whole'), join(runs, 'a'))
    await run.toEpoch(2)
    await expect.poll(() => page.locator('#curves svg').count(), { timeout: 20_000 }).toBe(5)

    // What somebody has opened in a part that changes stays open, and the keyboard where it was.
    const other = await replayRun(join(folder, 'whole'), join(runs, 'b'))
    await other.toEpoch(2)
    const opened = page.locator('#examples details').nth(1)
    await expect.poll(() => opened.count(), { timeout: 20_000 }).toBe(1)
    await opened.locator('summary').focus()
    await page.keyboard.press('Enter')
    const charts = page.locator('#examples svg')
    const before = await charts.first().innerHTML()
    await run.toEpoch(3)
    await expect.poll(() => charts.first().innerHTML(), { timeout: 20_000 }).not.toBe(before)
    expect(await opened.getAttribute('open')).not.toBeNull()
    const ends = page.locator('#runs tbody tr td:nth-child(7)')
    expect(await ends.allTextContents()).toEqual(['goes on', 'goes on'])
    await other.stop()
    await expect
      .poll(() => ends.allTextContents(), { timeout: 20_000 })
      .toEqual(['goes on', 'stopped: no process works on it'])
    expect(
      await page.evaluate("document.activeElement.matches('#examples details + details > summary')"),
    ).toBe(true)
    controller.abort()
    expect((await watch.ended).exitCode).toBe(0)
    await expect
      .poll(() => page.locator('header').textContent(), { timeout: 20_000 })
      .toContain('(kd watch has ended)')
    // The browser says so too.
    expect(complaints.filter((complaint) => !complaint.includes('ERR_'))).toEqual([])
    await page.close()
  }, 120_000)
})
