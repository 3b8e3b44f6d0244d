const WIDTH = 640
const HEIGHT = 420
const LEFT = 60
const RIGHT = 20
const TOP = 40
const BOTTOM = 124
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#666666']
const DASHES = ['', '6 3', '2 3', '10 3', '8 3 2 3']

/**
 * Draws test accuracy over the distilled fraction, one line per choice, with bars of one standard deviation.
 *
 * @param chart - `title`; `lines`, each with a `name` and `points` of `fraction`, `mean` and `deviation`; `alone`, the accuracy of labels
 * @returns an SVG document
 */
export function sweepChart({ title, lines, alone }) {
  const ends = lines.flatMap(({ points }) =>
    points.flatMap((point) => [point.mean - point.deviation, point.mean + point.deviation]),
  )
  const low = Math.floor(Math.min(alone, ...ends))
  const high = Math.ceil(Math.max(alone, ...ends))
  const x = (fraction) => (LEFT + (WIDTH - LEFT - RIGHT) * fraction).toFixed(1)
  const y = (accuracy) => (TOP + ((HEIGHT - TOP - BOTTOM) * (high - accuracy)) / (high - low)).toFixed(1)
  const text = (left, top, content, more = '') => `<text x="${left}" y="${top}" ${more}>${content}</text>`
  const line = (x1, y1, x2, y2, more) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${more}/>`

  const step = Math.max(1, Math.round((high - low) / 6))
  const parts = [text(WIDTH / 2, 22, title, 'text-anchor="middle" font-weight="bold"')]
  for (let accuracy = low; accuracy <= high; accuracy += step) {
    parts.push(line(x(0), y(accuracy), x(1), y(accuracy), 'stroke="#ddd"'))
    parts.push(text(LEFT - 8, Number(y(accuracy)) + 4, accuracy, 'text-anchor="end"'))
  }
  for (let tenth = 0; tenth <= 10; tenth += 2)
    parts.push(text(x(tenth / 10), HEIGHT - BOTTOM + 18, tenth / 10, 'text-anchor="middle"'))
  parts.push(
    text(WIDTH / 2, HEIGHT - BOTTOM + 36, 'fraction distilled; test accuracy in %', 'text-anchor="middle"'),
  )
  parts.push(line(x(0), y(alone), x(1), y(alone), 'stroke="#000" stroke-dasharray="1 4"'))
  parts.push(text(x(0.01), Number(y(alone)) - 4, 'labels alone'))
  lines.forEach(({ name, points }, index) => {
    const stroke = `stroke="${COLORS[index]}" stroke-width="1.5"`
    const path = points.map((point) => `${x(point.fraction)},${y(point.mean)}`).join(' ')
    parts.push(`<polyline points="${path}" fill="none" ${stroke} stroke-dasharray="${DASHES[index]}"/>`)
    for (const { fraction, mean, deviation } of points) {
      const at = Number(x(fraction)) + 2 * index - 3
      parts.push(line(at, y(mean - deviation), at, y(mean + deviation), `${stroke} opacity="0.5"`))
    }
    const top = HEIGHT - BOTTOM + 56 + 14 * index
    parts.push(line(LEFT, top - 4, LEFT + 30, top - 4, `${stroke} stroke-dasharray="${DASHES[index]}"`))
    parts.push(text(LEFT + 38, top, name))
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}
