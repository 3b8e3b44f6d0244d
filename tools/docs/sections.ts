/**
 * Replaces what stands between two comments of a Markdown page.
 *
 * @param page - the page's text
 * @param name - what the comments say: `<!-- name -->` before the section and `<!-- /name -->` behind it
 * @param content - the new section
 * @param file - the page's path, for the message
 * @returns the page with the section
 * @throws Error that says what to do when the comments are missing
 */
export function withSection(page: string, name: string, content: string, file: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)]
  if (start < 0 || stop < start) {
    throw new Error(
      `${file}: there must be a line ${begin} and behind it a line ${end}; put them where the table belongs, ` +
        'and npm run docs:write writes it between them',
    )
  }
  return `${page.slice(0, start)}${begin}\n\n${content}\n\n${page.slice(stop)}`
}
