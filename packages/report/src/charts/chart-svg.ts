import type { TopLevelSpec } from 'vega-lite'

/** A drawing in the Vega-Lite language. */
export type ChartSpecification = Readonly<Record<string, unknown>>

/** The style of charts: lines and letters take the colour of the text around them, so that a chart is readable on dark and light pages. */
const inPage = {
  background: null,
  axis: {
    domainColor: 'currentColor',
    gridColor: 'currentColor',
    gridOpacity: 0.15,
    labelColor: 'currentColor',
    labelFontSize: 12,
    tickColor: 'currentColor',
    titleColor: 'currentColor',
    titleFontSize: 12,
  },
  legend: {
    labelColor: 'currentColor',
    labelFontSize: 12,
    labelLimit: 0,
    symbolOpacity: 1,
    titleColor: 'currentColor',
  },
  title: { color: 'currentColor', subtitleColor: 'currentColor' },
  header: { labelColor: 'currentColor', titleColor: 'currentColor' },
  text: { color: 'currentColor' },
  view: { stroke: null },
}

/**
 * Draws a chart as SVG, without a browser and without the network.
 *
 * @param specification - a Vega-Lite specification with its data inside
 * @returns an `<svg>` element whose lines and letters are in `currentColor`
 * @throws Error for a specification that Vega-Lite does not understand, or one with data elsewhere
 *
 * @example
 * ```ts
 * import { chartSvg } from '@kd/report'
 *
 * const svg = await chartSvg({
 *   data: { values: [{ epoch: 1, loss: 2.3 }, { epoch: 2, loss: 1.1 }] },
 *   mark: 'line',
 *   encoding: { x: { field: 'epoch' }, y: { field: 'loss', type: 'quantitative' } },
 * })
 * console.log(svg.startsWith('<svg')) // true
 * ```
 *
 * @see https://vega.github.io/vega-lite/ for the language
 */
export async function chartSvg(specification: ChartSpecification): Promise<string> {
  // Imported here because Vega is large and awaits on its top level, which `require` cannot load.
  const { None, parse, View } = await import('vega')
  const { compile } = await import('vega-lite')
  // Gives way to whatever else the process does: a server draws many charts between two requests.
  await new Promise((resolve) => setTimeout(resolve))
  const { spec } = compile(specification as unknown as TopLevelSpec, { config: inPage as object })
  const loader = new NoLoader()
  const view = new View(parse(spec), { renderer: 'none', loader, logLevel: None })
  try {
    const svg = await view.toSVG()
    // Vega itself draws an empty chart where data cannot be loaded.
    if (loader.asked !== undefined)
      throw new Error(`chartSvg: data must be inside the specification, got ${loader.asked}`)
    return svg
  } finally {
    view.finalize()
  }
}

/** A loader that refuses every address, so that a chart does not depend on the network. */
class NoLoader {
  asked: string | undefined

  readonly load = (uri: string): Promise<never> => {
    this.asked = uri
    return Promise.reject(new Error('no data from elsewhere'))
  }
  readonly sanitize = this.load
  readonly http = this.load
  readonly file = this.load
}
