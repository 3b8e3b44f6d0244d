import { KdError } from '@kd/core'
import type { Table } from './table.js'

/** A cell that cannot be used. */
interface BadCell {
  readonly row: number
  readonly column: string
  readonly wanted: string
  readonly value: unknown
}

/** How many bad rows a message names. */
const NAMED = 10

/** Collects the cells of a table that cannot be used, so that one error can name them. */
export class BadCells {
  private readonly rows = new Map<number, BadCell>()
  private readonly table: Table

  /** @param table - names the file and the numbers of its rows */
  constructor(table: Table) {
    this.table = table
  }

  /** Notes a cell; of a row only the first is kept. */
  add(cell: BadCell): void {
    if (!this.rows.has(cell.row)) this.rows.set(cell.row, cell)
  }

  /** @throws {@link KdError} when there is a bad cell; it counts the rows and names the first ten */
  assertNone(hint: string): void {
    const cells = [...this.rows.values()].sort((a, b) => a.row - b.row)
    const [first, ...others] = cells
    if (first === undefined) return
    const numberOf = (row: number): number => (this.table.rowNumbers?.[row] ?? row) + 1
    const named = others
      .slice(0, NAMED - 1)
      .map(({ row, column, value }) => `${numberOf(row)} (${describe(value)} in ${column})`)
    const left = others.length - named.length
    const more =
      others.length === 0
        ? ''
        : `; ${cells.length} bad rows in all, also ${named.join(', ')}${left > 0 ? ` and ${left} more` : ''}`
    throw new KdError(
      `tableExamples: ${this.table.fileName} must have ${first.wanted} in column ${first.column}, got ${describe(first.value)} in data row ${numberOf(first.row)}${more}`,
      { hint },
    )
  }
}

function describe(value: unknown): string {
  if (value === '' || value === null || value === undefined) return 'nothing'
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Array.isArray(value)) return 'a list'
  const type = Object.prototype.toString.call(value)
  if (type === '[object Date]') return 'a date'
  if (type === '[object Uint8Array]') return 'bytes that are no text'
  return typeof value === 'object' ? 'a structure' : `${value as boolean}`
}
