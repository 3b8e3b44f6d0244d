/**
 * Gives keys that have other names now those names, so that old configs go on working until 1.0.
 *
 * @param value - the content of a config, not checked yet; not changed
 * @returns the content with new keys, and what to tell its writer
 */
export function renameOldKeys(value: unknown): {
  readonly value: unknown
  readonly warnings: readonly string[]
} {
  const teachers = (value as { readonly teachers?: unknown } | null)?.teachers
  if (!Array.isArray(teachers)) return { value, warnings: [] }
  const warnings: string[] = []
  const renamed = teachers.map((teacher: unknown, index) => {
    if (typeof teacher !== 'object' || teacher === null || !('labels' in teacher) || 'answers' in teacher)
      return teacher
    warnings.push(
      `teachers.${index}.labels is called teachers.${index}.answers now; the old key works until 1.0`,
    )
    const { labels, ...others } = teacher
    return { ...others, answers: labels }
  })
  return { value: warnings.length === 0 ? value : { ...(value as object), teachers: renamed }, warnings }
}
