/** Text that is HTML already, so that it is not escaped again. */
export class Html {
  constructor(readonly text: string) {}
}

/** A value that a template can contain: text, a number, HTML, or a list of these. */
type Content = string | number | Html | readonly Content[] | undefined

/** Makes HTML of a template, and escapes the values in it unless they are HTML themselves. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(
    strings.map((text, index) => text + (index < contents.length ? render(contents[index]) : '')).join(''),
  )
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function render(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Html) return content.text
  if (typeof content === 'object') return content.map(render).join('')
  return String(content).replaceAll(/[&<>"']/g, (character) => escapes[character]!)
}
