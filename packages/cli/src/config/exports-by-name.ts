/**
 * Finds what packages export of one kind, so that a config knows something new as soon as its package exports it.
 *
 * @param exported - everything that the packages export
 * @param isEntry - tells what is of the kind
 * @returns the entries by the names that they carry
 */
export function exportsByName<Entry extends { readonly name: string }>(
  exported: readonly unknown[],
  isEntry: (value: unknown) => value is Entry,
): Readonly<Record<string, Entry>> {
  return Object.fromEntries(exported.filter(isEntry).map((entry) => [entry.name, entry]))
}
