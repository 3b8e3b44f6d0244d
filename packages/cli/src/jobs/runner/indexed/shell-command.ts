import { fileURLToPath } from 'node:url'

/** The words that start this very `kd` on this machine, wherever its file system is mounted. */
export function kdCommand(): string[] {
  // In the package everything is one file or lies beside it.
  return [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))]
}

/**
 * Quotes a word for a POSIX shell: within single quotes nothing but a single quote has a meaning.
 *
 * @param word - any text
 * @returns it as one word
 */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
