import { describe, expect, it } from 'vitest'
import { chartSvg } from './chart-svg.js'

const line = {
  data: {
    values: [
      { epoch: 1, loss: 2 },
      { epoch: 2, loss: 1 },
    ],
  },
  mark: 'line',
  encoding: { x: { field: 'epoch', type: 'quantitative' }, y: { field: 'loss', type: 'quantitative' } },
}

describe('chartSvg', () => {
  it('draws data in the colours of the page', async () => {
    const svg = await chartSvg(line)
    expect(svg).toMatch(/^<svg[^>]*viewBox/)
    expect(svg).toContain('currentColor')
    expect(svg).toMatch(/aria-label="epoch: 1; loss: 2"|<path[^>]* d="M[\d.]+,[\d.]+L/)
    expect(await chartSvg(line)).toBe(svg)
  })

  it('does not fetch data', async () => {
    await expect(chartSvg({ ...line, data: { url: 'https://example.org/data.json' } })).rejects.toThrow(
      'data must be inside the specification, got https://example.org/data.json',
    )
  })

  it('refuses what is no chart', async () => {
    await expect(chartSvg({ mark: 'line', data: { values: [] }, hconcat: 3 })).rejects.toThrow()
  })
})
