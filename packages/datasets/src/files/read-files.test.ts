import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { csv } from '../table/load-table.js'
import { parseCsv } from '../table/parse-csv.js'
import { readLabelFile } from '../labels/read-label-file.js'
import { mnist } from '../idx/load-mnist.js'
import { parseMnist } from '../idx/parse-mnist.js'
import { makeBlobs } from '../synthetic/make-blobs.js'
import { makeClassification } from '../synthetic/make-classification.js'
import { makeSpiral } from '../synthetic/make-spiral.js'
import { gunzip } from './read-files.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('files that need not end', () => {
  it('are refused: devices and pipes', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const path of ['/dev/zero', pipe]) {
      await expect(csv({ path, label: 'kind' })).rejects.toThrow(
        `${path} must be a readable file, got a device, pipe or socket`,
      )
      await expect(readLabelFile(path)).rejects.toThrow('a device, pipe or socket')
    }
  })

  it('are refused: gzip that unpacks to more than the header of an IDX file says', async () => {
    const header = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2)
    const bomb = gzipSync(Buffer.concat([header, Buffer.alloc(50e6)]))
    for (const name of [
      'train-images-idx3-ubyte',
      'train-labels-idx1-ubyte',
      't10k-images-idx3-ubyte',
      't10k-labels-idx1-ubyte',
    ])
      await writeFile(join(folder, `${name}.gz`), bomb)
    await expect(mnist({ path: folder })).rejects.toThrow(
      'train-images-idx3-ubyte.gz must not unpack to more than 20 bytes',
    )
  })

  it('are refused: gzip beyond a limit, but not at it', async () => {
    const packed = gzipSync(Buffer.alloc(1000))
    expect((await gunzip(packed, 'f', 'g', 1000)).length).toBe(1000)
    await expect(gunzip(packed, 'f', 'g', 999)).rejects.toThrow('g: f must not unpack to more than 999 bytes')
  })

  it('and neither are generated sets that no array can hold made', () => {
    expect(() => makeClassification({ examples: 1e12 })).toThrow(
      'makeClassification: examples times features must be at most',
    )
    expect(() => makeBlobs({ examples: 1e12 })).toThrow('makeBlobs: examples times features')
    expect(() => makeSpiral({ examplesPerClass: 1e12 })).toThrow('makeSpiral: examples times features')
  })
})

describe('files of another kind', () => {
  it('are labels written as text', async () => {
    const path = join(folder, 'labels')
    for (const text of ['0\n1\n2\n', '0,1,2', '[0, 1, 2]']) {
      await writeFile(path, text)
      await expect(readLabelFile(path, { examples: text.length })).rejects.toThrow(
        'must have one byte per label, 0 for the first class, got numbers written as text',
      )
    }
    await writeFile(path, Uint8Array.of(10, 9, 13, 0, 1))
    expect((await readLabelFile(path, { examples: 5 })).length).toBe(5)
  })

  it('are tables in other encodings than UTF-8', async () => {
    await expect(
      parseCsv(Buffer.from('a,kind\n1,caf\xe9\n', 'latin1'), { fileName: 'f.csv' }),
    ).rejects.toThrow('f.csv must be text in UTF-8, got another encoding from line 2 on')
    await expect(
      parseCsv(Buffer.from('\ufeffa,kind\n1,x\n', 'utf16le'), { fileName: 'f.csv' }),
    ).rejects.toThrow('must be text in UTF-8, got UTF-16')
    await expect(parseCsv(Buffer.from('PAR1 and more'))).rejects.toThrow('got a Parquet file')
    await expect(parseCsv(Buffer.from('PK\u0003\u0004'))).rejects.toThrow('a ZIP archive or a spreadsheet')
  })

  it('are sets in the format of MNIST with more classes, such as EMNIST', () => {
    const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7)
    expect(() => parseMnist({ images, labels: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 26) })).toThrow(
      /labels in \[0, 10\), got 26 for example 0\n.*EMNIST/,
    )
  })
})
