import { writeReport, type WrittenReport } from '../report/write-report.js'

/** Flags of `kd report`. */
export interface ReportFlags {
  readonly out?: string
}

/** `kd report FOLDER...`. */
export async function reportCommand(
  folders: readonly string[],
  flags: ReportFlags,
): Promise<{ text: string; json: WrittenReport }> {
  const written = await writeReport(folders, flags)
  return {
    text: `${written.file}: ${written.runs === 1 ? 'one run' : `${written.runs} runs`}`,
    json: written,
  }
}
