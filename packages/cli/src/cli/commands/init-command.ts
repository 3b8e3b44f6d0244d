import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeError } from '../../run/folder/write-file-safely.js'
import { commandName } from '../terminal/terminal.js'
import { UsageError } from '../../config/usage-error.js'
import { compareYaml, kdYaml } from './starter-configs.js'

/** `kd init [DIR]`: writes a config and a comparison that work at once. */
export async function initCommand(
  folder: string,
): Promise<{ text: string; json: { config: string; comparison: string } }> {
  const config = join(folder, 'kd.yaml')
  const comparison = join(folder, 'compare.yaml')
  await writeNew(config, kdYaml)
  // Both or none.
  await writeNew(comparison, compareYaml).catch(async (error: unknown) => {
    await rm(config, { force: true })
    throw error
  })
  const kd = commandName(process.env)
  const inside = folder === '.'
  const text = [
    `wrote ${config}, a run, and ${comparison}, which sets methods against each other`,
    `next: ${kd} distill${inside ? '' : ` ${config}`}`,
  ]
  return { text: text.join('\n'), json: { config, comparison } }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(path, error)
    throw new UsageError(`${path} exists already`, 'kd init overwrites nothing: name another folder')
  }
}
