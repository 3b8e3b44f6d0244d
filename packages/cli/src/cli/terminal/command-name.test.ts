import { expect, it } from 'vitest'
import { commandName } from './command-name.js'

it('is what can be typed again', () => {
  expect(commandName({ npm_command: 'exec' })).toBe('npx kd')
  expect(commandName({ npm_command: 'run-script' })).toBe('kd')
  expect(commandName({})).toBe('kd')
})
