/**
 * How long something takes, for people.
 *
 * @param seconds - from 0
 * @returns such as `40 s`, `12 min` or `3.5 h`
 */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
