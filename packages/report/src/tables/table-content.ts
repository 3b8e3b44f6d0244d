/** The results of a comparison in one measure, as texts: the content of every table. */
export interface ComparisonTable {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The content of all tables of a comparison. */
export interface ComparisonTables {
  readonly tables: readonly ComparisonTable[]
  /** Notes on the tests that were made, and on runs that are missing. */
  readonly notes: readonly string[]
}
