/** How much of a message from another machine is shown. */
const LONGEST = 2000

/**
 * Makes a text of unknown origin fit for a terminal and a table.
 *
 * @param text - whatever came
 * @returns it without control characters, and no longer than 2,000 characters
 */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex -- what a terminal would obey
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ').slice(0, LONGEST)
}
