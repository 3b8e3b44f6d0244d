import { html, type Html } from './html.js'

/** Makes a table with a heading row, in which numbers are aligned to the right. */
export function htmlTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Html {
  const numeric = head.map((_, column) => rows.some((row) => /^[-+−]?\d/.test(String(row[column] ?? ''))))
  const kind = (column: number): string => (column > 0 && numeric[column] === true ? 'number' : '')
  return html`<div class="scroll" tabindex="0">
    <table>
      <thead>
        <tr>
          ${head.map((name, column) => html`<th scope="col" class="${kind(column)}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, column) => html`<td class="${kind(column)}">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** Writes a share as per cent with two decimals, and an unknown one as an empty text. */
export function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(100 * share).toFixed(2)} %`
}
