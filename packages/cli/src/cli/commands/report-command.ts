import { shownPath } from '../terminal/shown-path.js'
import { newestFolder } from './standard-arguments.js'
import { writeReport, type WrittenReport } from '../report/write-report.js'

/** Flags of `kd report`. */
export interface ReportFlags {
  readonly out?: string
}

/** `kd report [FOLDER...]`. */
export async function reportCommand(
  folders: readonly string[],
  flags: ReportFlags,
): Promise<{ text: string; json: WrittenReport }> {
  const shown = folders.length > 0 ? folders : [await newestFolder(['config.yaml', 'comparison.json'])]
  const written = await writeReport(shown, flags)
  return {
    text: `${shownPath(written.file)}: ${written.runs === 1 ? 'one run' : `${written.runs} runs`}`,
    json: written,
  }
}
