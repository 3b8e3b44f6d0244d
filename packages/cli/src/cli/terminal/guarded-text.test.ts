import { describe, expect, it } from 'vitest'
import { guardedJson, guardedText } from './guarded-text.js'

describe('guardedText', () => {
  it.each([
    ['a cursor that moves', 'a\u001b[2Ab', 'ab'],
    ['a screen that is cleared', 'a\u001b[2J\u001b[Hb', 'ab'],
    ['its single-character form', 'a\u009b2Jb', 'ab'],
    ['a title, ended by BEL', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a title, ended by ST', 'a\u001b]2;owned\u001b\\b', 'ab'],
    ['a title that is never ended', 'a\u001b]0;owned', 'a'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['a string for the device', 'a\u001bPq#0\u001b\\b', 'ab'],
    ['letters that are hidden', 'a\u001b[8mb', 'ab'],
    ['a reset of the terminal', 'a\u001bcb', 'ab'],
    ['a line that is written over', 'error\rdone  ', 'errordone  '],
    ['what was written, taken back', 'ab\b\bcd', 'abcd'],
    ['a bell', 'a\u0007b', 'ab'],
    ['text turned around', 'a\u202ecod.exe', 'acod.exe'],
    ['a cut sequence', 'a\u001b[', 'a'],
    ['ESC alone', 'a\u001b', 'a'],
  ])('takes away %s', (_, text, wanted) => {
    expect(guardedText(text)).toBe(wanted)
  })

  it('leaves lines, tabs, letters of all scripts and our colours', () => {
    const text = 'é\tß 漢字 👩‍🔬\n\u001b[31merror\u001b[39m \u001b[1mbold\u001b[22m'
    expect(guardedText(text)).toBe(text)
    expect(guardedText('a\r\nb')).toBe('a\nb')
  })
})

describe('guardedJson', () => {
  it('reads back to the same, and has nothing that a terminal obeys', () => {
    const value = { name: 'a\u001b[2J\u009b1m\u202eb\u2028', other: ['é'] }
    const text = guardedJson(value)
    expect(JSON.parse(text)).toEqual(value)
    expect(guardedText(text)).toBe(text)
  })
})
