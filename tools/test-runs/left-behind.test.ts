import { afterEach, expect, it, vi } from 'vitest'
import { leftBehind, processState } from './left-behind.js'

const before = processState()
const folder = process.cwd()
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  process.chdir(folder)
})

it('says nothing of a file that changes nothing', () => {
  expect(leftBehind(before).filter((line) => !line.includes('Timeout'))).toEqual([])
})

it('names what was changed, with both values', () => {
  vi.stubEnv('KD_LEFT', 'here')
  process.chdir('/')
  vi.useFakeTimers()
  expect(leftBehind(before)).toEqual(
    expect.arrayContaining([
      `working folder: ${folder} before, / after`,
      'use of fake timers: false before, true after',
      'environment variable KD_LEFT: undefined before, here after',
    ]),
  )
})

it('counts timers that still run', () => {
  const timers = [1, 2, 3].map(() => setInterval(() => undefined, 1000))
  const line = leftBehind(before).find((text) => text.includes('Timeout'))
  for (const timer of timers) clearInterval(timer)
  expect(line).toMatch(/^active resources of kind Timeout: \d before, [3-9] after$/)
})
