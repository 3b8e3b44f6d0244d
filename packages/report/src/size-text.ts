/** Shows a number of parameters with three digits, such as 1.23 million. */
export function countText(count: number): string {
  const [factor, name] = count >= 1e9 ? [1e9, ' billion'] : count >= 1e6 ? [1e6, ' million'] : [1, '']
  if (count < 1e6) return count.toLocaleString('en')
  return `${threeDigits(count / factor)}${name}`
}

/** Shows a number of bytes with three digits, such as 45.2 kB; a kB is 1000 bytes. */
export function bytesText(bytes: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${threeDigits(bytes / 1000 ** power)} ${['bytes', 'kB', 'MB', 'GB', 'TB'][power]!}`
}

/** Shows a ratio such as 12.3, with three digits. */
export function threeDigits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}
