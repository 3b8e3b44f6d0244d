import { fileURLToPath } from 'node:url'

/** The words that start this very `kd` on this machine, wherever its file system is mounted. */
export function kdCommand(): string[] {
  // In the package everything is one file or lies beside it.
  return [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))]
}
