import { expect, it } from 'vitest'
import { endingText } from './ending-text.js'

it('names the way to go on that the command has', () => {
  expect(endingText('train')).toContain('saving what was done, --resume goes on')
  expect(endingText('compare')).toContain('saving what was done, the same command again goes on')
  expect(endingText('worker')).toContain('another worker goes on')
  expect(endingText('evaluate')).toBe('ending after this step; once more ends at once\n')
  expect(endingText('watch')).toBe('')
})
