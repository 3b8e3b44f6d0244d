import { KdError } from '@kd/core'
import { describe, expect, it } from 'vitest'
import golden from './parse-parquet.golden.json' with { type: 'json' }
import { parseParquet } from './parse-parquet.js'

type File = keyof typeof golden.files
const fileOf = (name: File): Uint8Array => Buffer.from(golden.files[name], 'base64')
const names = Object.keys(golden.files) as File[]

/** The file with other bytes where these first come up. */
function replaced(name: File, from: readonly number[], to: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(fileOf(name))
  const at = Buffer.from(bytes).indexOf(Buffer.from(from))
  expect(at).toBeGreaterThan(0)
  bytes.set(to, at)
  return bytes
}

describe('parseParquet', () => {
  it.each(names)('reads what pyarrow wrote: %s', async (name) => {
    const { columns, rows } = await parseParquet(fileOf(name))
    expect(columns).toEqual(golden.columns)
    const numbers = rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)))
    expect(numbers).toEqual(golden.rows)
  })

  it('ends in an error when runs, counts, places or sizes claim what cannot be', async () => {
    const parse = (bytes: Uint8Array) => parseParquet(bytes, 'x')
    // Of definition levels: two bytes of length, a run of 40 ones. Now half a billion.
    const levels = replaced('plain', [2, 0, 0, 0, 80, 1], [6, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 7, 1])
    await expect(parse(levels)).rejects.toThrow(
      'x must be a whole Parquet file, got: a run of 1073741823 values',
    )
  })

  it('gets no further than any of its bytes lets it', async () => {
    for (const name of ['dictionary', 'delta'] as const) {
      const whole = fileOf(name)
      for (let at = 4; at < whole.length; at += 3) {
        const bytes = new Uint8Array(whole)
        bytes[at] = 0xff
        const error: unknown = await parseParquet(bytes).catch((reason: unknown) => reason)
        if (error instanceof Error && !KdError.isInstance(error)) throw error
      }
    }
  })
})
