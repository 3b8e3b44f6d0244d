/**
 * Quotes a word for a POSIX shell: within single quotes nothing but a single quote has a meaning.
 *
 * @param word - any text
 * @returns it as one word
 */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
