import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spreadTopLogits, topLogits } from './top-logits.js'

const spread = (logits: readonly number[], top: number): Float32Array => {
  const output = new Float32Array(logits.length)
  spreadTopLogits(topLogits(Float32Array.from(logits), { classes: logits.length, top }), 0, output)
  return output
}

const softmax = (logits: ArrayLike<number>, temperature = 1): number[] => {
  const greatest = Math.max(...Array.from(logits))
  const powers = Array.from(logits, (value) => Math.exp((value - greatest) / temperature))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

describe('topLogits', () => {
  it('keeps the greatest, and gives the others one logit of the same mass', () => {
    // exp(0) + exp(log 3) = 4, two of 2.
    const found = spread([0, 5, Math.log(3), 4], 2)
    expect(Array.from(found)).toEqual([Math.log(2), 5, Math.log(2), 4].map(Math.fround))
  })

  it('takes the lower class of equals, as argmax does', () => {
    const { classes } = topLogits(Float32Array.of(1, 3, 3, 3), { classes: 4, top: 2 })
    expect(Array.from(classes)).toEqual([1, 2])
  })

  it('leaves the probabilities of what it keeps as they are at temperature 1, whatever the logits', () => {
    const row = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(row, fc.nat(), (logits, any) => {
        const top = 1 + (any % (logits.length - 1))
        const found = spread(logits, top)
        const [wanted, made] = [softmax(logits), softmax(found)]
        const order = Array.from(logits.keys()).sort((one, other) => logits[other]! - logits[one]!)
        for (const at of order.slice(0, top)) expect(made[at]).toBeCloseTo(wanted[at]!, 5)
        // Half a unit of the last place, since it was rounded.
        const rest = order.slice(top)
        expect(Math.max(...rest.map((at) => found[at]!))).toBeLessThanOrEqual(
          Math.min(...order.slice(0, top).map((at) => logits[at]!)) + 1e-5,
        )
        const restOf = (values: number[]): number => rest.reduce((sum, at) => sum + values[at]!, 0)
        expect(restOf(made)).toBeCloseTo(restOf(wanted), 5)
      }),
    )
  })
})
