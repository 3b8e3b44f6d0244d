import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** All files of kept answers by their names, base64. What a killed process was writing goes with the next call. */
export async function answerFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.tmp'))
  const read = names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)
  return Object.fromEntries(await Promise.all(read))
}
