import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { multiLabel, regression } from '@kd/core'
import { csv, parquet } from './load-table.js'
import { parseParquet } from './parse-parquet.js'
import { loadDataset, type LoadDatasetOptions } from '../load-dataset.js'

/*
 * Written by pyarrow 26.0.1, the reference implementation:
 *   t = pa.table({'length': pa.array([5.1, 4.9, 6.3, 5.8], pa.float64()), 'width': pa.array([0.2, 0.25, 2.5, 1.9],
 *     pa.float32()), 'count': pa.array([3, -1, 2**40, 0], pa.int64()),
 *     'kind': pa.array(['setosa', 'setosa', 'virginica', 'virginica'])})
 *   pq.write_table(t, file, compression='snappy', store_schema=False, write_statistics=False)   # and 'zstd'
 * and of {'x': [1.0, None, 3.0] as float64, 'y': [0, 1, 1] as int32} with compression='gzip'.
 */
const snappy =
  'UEFSMRUEFUAVPkwVCBUAEgAAIABmBQEMFECamQEBRBNAMzMzMzMzGUAzMzMzMzMXQBUAFRQVGCwVCBUQFQYVBhwAAAAKJAIAAAAIAQID5AAVBBUgFSRMFQgVABIAABA8zcxMPgAAgD4AACBAMzPzPxUAFRQVGCwVCBUQFQYVBhwAAAAKJAIAAAAIAQID5AAVBBVAFTBMFQgVABIAACAEAwAJAQD/DQEFDigBAAAAAAAAAAAAABUAFRQVGCwVCBUQFQYVBhwAAAAKJAIAAAAIAQID5AAVBBUuFTJMFQQVABIAABdYBgAAAHNldG9zYQkAAAB2aXJnaW5pY2EVABUSFRYsFQgVEBUGFQYcAAAACSACAAAACAEBAwwVBBlcNQAYBnNjaGVtYRUIABUKJQIYBmxlbmd0aAAVCCUCGAV3aWR0aAAVBCUCGAVjb3VudAAVDCUCGARraW5kJQBMHAAAABYIGRwZTCYAHBUKGTUABhAZGAZsZW5ndGgVAhYIFpYBFpgBJmImCCksFQQVABUCABUAFRAVAgA8KQYZJgAIAAAAJgAcFQgZNQAGEBkYBXdpZHRoFQIWCBZ2Fn4m4AEmoAEpLBUEFQAVAgAVABUQFQIAPCkGGSYACAAAACYAHBUEGTUABhAZGAVjb3VudBUCFggWlgEWigEm6gImngIpLBUEFQAVAgAVABUQFQIAPCkGGSYACAAAACYAHBUMGTUABhAZGARraW5kFQIWCBaCARaKASb2AyaoAyksFQQVABUCABUAFRAVAgA8FjwZBhkmAAgAAAAWpAQWCCYIFqoEACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZTBwAABwAABwAABwAAAB3AQAAUEFSMQ=='
const zstd =
  'UEFSMRUEFUAVUkwVCBUAEgAAKLUv/SAgAQEAZmZmZmZmFECamZmZmZkTQDMzMzMzMxlAMzMzMzMzF0AVABUUFSYsFQgVEBUGFQYcAAAAKLUv/SAKUQAAAgAAAAgBAgPkABUEFSAVMkwVCBUAEgAAKLUv/SAQgQAAzcxMPgAAgD4AACBAMzPzPxUAFRQVJiwVCBUQFQYVBhwAAAAotS/9IApRAAACAAAACAECA+QAFQQVQBVCTBUIFQASAAAotS/9ICDFAABwAwD/AQAAAAAAAAAAAAADADAFgHwHgAUVABUUFSYsFQgVEBUGFQYcAAAAKLUv/SAKUQAAAgAAAAgBAgPkABUEFS4VQEwVBBUAEgAAKLUv/SAXuQAABgAAAHNldG9zYQkAAAB2aXJnaW5pY2EVABUSFSQsFQgVEBUGFQYcAAAAKLUv/SAJSQAAAgAAAAgBAQMMFQQZXDUAGAZzY2hlbWEVCAAVCiUCGAZsZW5ndGgAFQglAhgFd2lkdGgAFQQlAhgFY291bnQAFQwlAhgEa2luZCUATBwAAAAWCBkcGUwmABwVChk1AAYQGRgGbGVuZ3RoFQwWCBaWARa6ASZ2JggpLBUEFQAVAgAVABUQFQIAPCkGGSYACAAAACYAHBUIGTUABhAZGAV3aWR0aBUMFggWdhaaASaQAibCASksFQQVABUCABUAFRAVAgA8KQYZJgAIAAAAJgAcFQQZNQAGEBkYBWNvdW50FQwWCBaWARaqASa6AybcAiksFQQVABUCABUAFRAVAgA8KQYZJgAIAAAAJgAcFQwZNQAGEBkYBGtpbmQVDBYIFoIBFqYBJuIEJoYEKSwVBBUAFQIAFQAVEBUCADwWPBkGGSYACAAAABakBBYIJggWpAUAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRlMHAAAHAAAHAAAHAAAAHgBAABQQVIx'
const withNull =
  'UEFSMRUEFSAVPEwVBBUAEgAAH4sIAAAAAAACA2NgAIEP9mCKgcMBAFcDerMQAAAAFQAVEhU6LBUGFRAVBhUGHAAAAB+LCAAAAAAAAgNjYmBgYGZlZGYCABLuYHwJAAAAFQQVEBU0TBUEFQASAAAfiwgAAAAAAAIDY2BgYGAEYgAMuJ7dCAAAABUAFRIVOiwVBhUQFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGBjZGRmAwAsMo88CQAAABUEGTw1ABgGc2NoZW1hFQQAFQolAhgBeAAVAiUCGAF5ABYGGRwZLCYAHBUKGTUABhAZGAF4FQQWBhZ0FrgBJmAmCCksFQQVABUCABUAFRAVAgA8KQYZJgIEAAAAJgAcFQIZNQAGEBkYAXkVBBYGFmQWsAEmkAImwAEpLBUEFQAVAgAVABUQFQIAPCkGGSYABgAAABbYARYGJggW6AIAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAAMkAAABQQVIx'
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-table-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function load(content: string | Uint8Array, options: Partial<LoadDatasetOptions> = {}) {
  const path = join(folder, 'file')
  await writeFile(path, content)
  return loadDataset({ name: 'csv', path, label: 'kind', ...options } as LoadDatasetOptions)
}

describe("loadDataset({ name: 'csv' })", () => {
  const flowers = 'length,width,kind\n5.1,0.2,setosa\n 4.9 ,2e-1,setosa\n\n6.3,2.5,"virginica, wild"\n'

  it('makes inputs of the columns and classes of the label', async () => {
    const { train, classNames, inputShape, normalization } = await load(flowers)
    expect(classNames).toEqual(['setosa', 'virginica, wild'])
    expect(inputShape).toEqual([2])
    expect([...train.inputs]).toEqual([5.1, 0.2, 4.9, 0.2, 6.3, 2.5].map(Math.fround))
    expect([...train.labels, ...train.ids]).toEqual([0, 0, 1, 0, 1, 2])
    expect(normalization.mean[0]).toBeCloseTo(16.3 / 3, 6)
    // numpy.std([5.1, 4.9, 6.3])
    expect(normalization.standardDeviation[0]).toBeCloseTo(0.618241, 5)
  })

  it('holds test examples out where there is no file of them', async () => {
    const path = join(folder, 'file')
    await writeFile(path, `x,kind\n${'1,a\n2,b\n'.repeat(10)}`)
    const { train, test } = await csv({ path, label: 'kind', test: 0.2 })
    expect([train.ids.length, [...test!.labels].sort()]).toEqual([16, [0, 0, 1, 1]])
    expect((await csv({ path, label: 'kind', test: 0 })).test).toBeUndefined()
  })

  it('reads gzip, other delimiters, chosen columns and classes, and a byte order mark', async () => {
    const content = gzipSync('\u{feff}a;b;kind\n1;x;10\n1;y;9\n')
    const options = { delimiter: ';', features: ['a'], classNames: ['10', '9'] }
    const { train, normalization } = await load(content, options)
    expect([...train.inputs, ...train.labels]).toEqual([1, 1, 0, 1])
    expect(normalization).toEqual({ mean: [1], standardDeviation: [1] })
  })

  it('sorts numeric classes as numbers', async () => {
    expect((await load('x,kind\n1,10\n2,9\n3,100\n')).classNames).toEqual(['9', '10', '100'])
  })

  it('reads a test file by the classes and columns of the training file', async () => {
    const testPath = join(folder, 'test.csv')
    await writeFile(testPath, 'kind,width,length\n"virginica, wild",1,2\n')
    const { test } = await load(flowers, { testPath })
    expect([...test!.inputs, ...test!.labels]).toEqual([2, 1, 1])
    await writeFile(testPath, 'kind,width,length\nrose,1,2\n')
    await expect(load(flowers, { testPath })).rejects.toThrow(
      `${testPath} must have one of the classes setosa, virginica, wild in column kind, got "rose" in data row 1`,
    )
  })

  it.each<[string, string, object, string]>([
    ['nothing', '', {}, 'must have a line of column names and at least one row, got 0 lines'],
    ['no rows', 'x,kind\n', {}, 'got 1 lines'],
    [
      'a text among numbers',
      'x,kind\n1,a\nnope,b\n',
      {},
      'must have a finite number in column x, got "nope" in data row 2',
    ],
    ['NaN', 'x,kind\nNaN,a\n', {}, 'must have a finite number in column x, got "NaN" in data row 1'],
    ['infinity', 'x,kind\n1e39,a\n', {}, 'must have a finite number in column x, got "1e39"'],
    [
      'a missing value',
      'x,kind\n,a\n',
      {},
      'must have a finite number in column x, got nothing in data row 1',
    ],
    ['a missing label', 'x,kind\n1,\n', {}, 'must have a class in column kind, got nothing in data row 1'],
    ['rows of other lengths', 'x,kind\n1,a\n1\n', {}, 'must be well-formed CSV'],
    ['an open quote', 'x,kind\n1,"a\n', {}, 'must be well-formed CSV'],
    ['an unknown label column', 'x,y\n1,a\n', {}, 'must have a column kind, got x, y'],
    ['an unknown feature', 'x,kind\n1,a\n', { features: ['z'] }, 'must have a column z, got x, kind'],
    ['no feature', 'kind\na\n', {}, 'must have a feature column beside kind, got none'],
    ['one class', 'x,kind\n1,a\n', {}, 'classNames must have at least 2 names, got 1'],
  ])('rejects %s', async (_, content, options, message) => {
    await expect(load(content, options)).rejects.toThrow(message)
  })

  it('names a file that does not exist', async () => {
    const path = join(folder, 'nowhere.csv')
    await expect(loadDataset({ name: 'csv', path, label: 'kind' })).rejects.toThrow(
      `loadDataset: ${path} must be a readable file, got no such file`,
    )
  })
})

describe('tables of other tasks than classification', () => {
  const content = 'x,wet,cold,height\n1,1,True,0.5\n2,0,false,-3\n3,true,0,1e2\n4,0,1,7\n'
  const write = async (text: string) => {
    const path = join(folder, 'file.csv')
    await writeFile(path, text)
    return path
  }

  it('have one flag in each label column', async () => {
    const path = await write(content)
    const label = ['wet', 'cold']
    const { train, classNames, inputShape, task } = await csv({ path, label }, { task: multiLabel })
    expect([classNames, inputShape, task?.name, task?.labelShape]).toEqual([label, [2], 'multi-label', [2]])
    expect(train.labels).toEqual(Uint8Array.of(1, 1, 0, 0, 1, 0, 0, 1))
    expect([...train.inputs.subarray(0, 4), ...train.ids]).toEqual([1, 0.5, 2, -3, 0, 1, 2, 3])
  })

  it('have one number in each label column, and test examples of a file or held out', async () => {
    const path = await write(content)
    const options = { path, label: 'height', features: ['x'] }
    const own = await csv({ ...options, testPath: path }, { task: regression })
    expect(own.train.labels).toEqual(Float32Array.of(0.5, -3, 100, 7))
    expect(own.test).toEqual(own.train)
    const held = await csv({ ...options, test: 1 }, { task: regression, seed: 'a' })
    expect([held.classNames, held.train.labels.length, held.test!.labels.length]).toEqual([['height'], 3, 1])
    expect(await csv({ ...options, test: 1 }, { task: regression, seed: 'a' })).toMatchObject({
      test: { ids: held.test!.ids },
    })
  })

  it('name column and row of a wrong value', async () => {
    await expect(
      csv({ path: await write('x,wet\n1,1\n2,maybe\n'), label: 'wet' }, { task: multiLabel }),
    ).rejects.toThrow('must have 0 or 1 in column wet, got "maybe" in data row 2')
    await expect(
      csv({ path: await write('x,wet\n1,2\n'), label: 'wet' }, { task: multiLabel }),
    ).rejects.toThrow('must have 0 or 1 in column wet, got "2" in data row 1')
    await expect(csv({ path: await write('x,y\n1,\n'), label: ['y'] }, { task: regression })).rejects.toThrow(
      'must have a finite number in column y, got nothing in data row 1',
    )
    const path = await write(content)
    await expect(csv({ path, label: ['wet', 'cold'] })).rejects.toThrow(
      'label must be one column for a task of classes, got wet, cold\n  several columns are labels of a task',
    )
    await expect(csv({ path, label: 'wet', classNames: ['a'] }, { task: multiLabel })).rejects.toThrow(
      'classNames must not be given for the task multi-label, got a',
    )
    await expect(csv({ path, label: [] })).rejects.toThrow('loadDataset: csv: label must')
  })

  it('are read from Parquet as well', async () => {
    const path = join(folder, 'file')
    await writeFile(path, bytesOf(snappy))
    const { train } = await parquet({ path, label: 'count', features: ['width'] }, { task: regression })
    expect(train.labels).toEqual(Float32Array.of(3, -1, 2 ** 40, 0))
  })
})

describe("loadDataset({ name: 'parquet' })", () => {
  it.each([
    ['snappy', snappy],
    ['zstd', zstd],
  ])('reads what pyarrow wrote with %s', async (_, base64) => {
    const { train, classNames, inputShape } = await load(bytesOf(base64), { name: 'parquet' })
    expect(inputShape).toEqual([3])
    expect(classNames).toEqual(['setosa', 'virginica'])
    expect([...train.inputs]).toEqual(
      [5.1, 0.2, 3, 4.9, 0.25, -1, 6.3, 2.5, 2 ** 40, 5.8, 1.9, 0].map(Math.fround),
    )
    expect([...train.labels]).toEqual([0, 0, 1, 1])
  })

  it('rejects nulls, truncated files and other formats', async () => {
    await expect(load(bytesOf(withNull), { name: 'parquet', label: 'y' })).rejects.toThrow(
      'must have a finite number in column x, got nothing in data row 2',
    )
    const whole = bytesOf(snappy)
    await expect(parseParquet(whole.subarray(0, 300), 'cut.parquet')).rejects.toThrow(
      'parseParquet: cut.parquet must be a whole Parquet file, got: ',
    )
    await expect(parseParquet(new Uint8Array(), 'empty.parquet')).rejects.toThrow(
      'empty.parquet must be a whole',
    )
    const damaged = whole.slice()
    damaged.fill(255, 4, 60)
    await expect(parseParquet(damaged, 'damaged.parquet')).rejects.toThrow('damaged.parquet must be a whole')
  })
})
