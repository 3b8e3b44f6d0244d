import { html, type Html } from './html.js'

/** A table with a heading row; numbers stand to the right. */
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

/** A share as per cent with two decimals; nothing for what is not known. */
export function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(100 * share).toFixed(2)} %`
}
