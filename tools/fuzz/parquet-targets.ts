import { parseParquet } from '../../packages/datasets/src/index.js'
// Written by pyarrow, which the file names: each encoding and compression, and half of them not compressed at all, so that
// changes reach the runs and blocks inside the pages.
import golden from '../../packages/datasets/src/table/parse-parquet.golden.json' with { type: 'json' }
import type { FuzzTarget } from './fuzz-target.js'
import { mutateBytes, pick } from './mutate.js'

const { plain, dictionary, delta, ...packed } = golden.files
const bare = [plain, dictionary, delta].map((text) => Buffer.from(text, 'base64'))
const others = Object.values(packed).map((text) => Buffer.from(text, 'base64'))

/** Tables as other programs write them. */
export const parquetTargets: Record<string, FuzzTarget> = {
  'Parquet files': {
    make: (random) =>
      mutateBytes(random, new Uint8Array(pick(random, random.integer(2) === 0 ? bare : others))),
    read: (input) => parseParquet(input as Uint8Array),
  },
}
