/**
 * Makes a function that computes the value of an object once and keeps it as long as the object exists. A report that is drawn
 * again and again thus draws only the parts that have changed.
 */
export function oncePer<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const values = new WeakMap<Key, { readonly value: Value }>()
  return (key) => {
    const before = values.get(key)
    if (before !== undefined) return before.value
    const value = make(key)
    values.set(key, { value })
    return value
  }
}
