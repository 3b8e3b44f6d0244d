import { chartSvg, type ChartSpecification } from '../../charts/chart-svg.js'
import { html, Html } from './html.js'

/** Draws a chart with a caption that says what it shows. */
export async function figure(caption: string, specification: ChartSpecification): Promise<Html> {
  const svg = await chartSvg({ width: 380, height: 240, ...specification })
  const labelled = svg.replace('<svg', '<svg role="img" aria-label="' + html`${caption}`.text + '"')
  return html`<figure>
    <div class="scroll" tabindex="0">${new Html(labelled)}</div>
    <figcaption>${caption}</figcaption>
  </figure>`
}
