/** Colours of picocolors: a terminal obeys these in messages, and nothing else. */
// eslint-disable-next-line no-control-regex -- what a terminal would obey
const colors = /^\u001b\[(?:0|1|2|3|4|7|9|22|23|24|27|29|3[0-7]|39|4[0-7]|49|9[0-7])m$/u

/** Sequences that start with ESC or its single-character form, as ECMA-48 has them: commands, then texts for the terminal itself. */
const sequences =
  // eslint-disable-next-line no-control-regex -- what a terminal would obey
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/gu

/** Other control characters but line end and tab, and characters that turn the direction of writing around. */
// eslint-disable-next-line no-control-regex -- what a terminal would obey
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu

/**
 * Makes a text fit for a terminal, whoever wrote parts of it: a folder's name or a message of another machine moves no cursor, sets no title
 * and turns no text around. Colours stay.
 *
 * @param text - with line ends
 * @returns the text without control sequences
 */
export function guardedText(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(sequences, (sequence) => (colors.test(sequence) ? sequence : ''))
    .replace(controls, '')
}

/** A message as a line. Further lines of it are set in, so that none can be taken for a message of its own. */
export function lineText(message: string): string {
  return `${message.replace(/\r?\n/g, '\n  ')}\n`
}

/** JSON in one line in which nothing is left that a terminal would obey; it reads back to the same value. */
export function guardedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
