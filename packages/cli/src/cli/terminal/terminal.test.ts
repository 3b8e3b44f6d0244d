import { expect, it } from 'vitest'
import { commandName } from './terminal.js'

it('is what can be typed again', () => {
  expect(commandName({ npm_command: 'exec' })).toBe('npx kd')
  expect(commandName({ npm_command: 'run-script' })).toBe('kd')
  expect(commandName({})).toBe('kd')
})
