import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { normalizedInputs, regression, type DatasetContext } from '@kd/core'
import { csv } from './load-table.js'
import { tableExamples } from './table-examples.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-table-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(text: string, name = 'file.csv'): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}
const load = async (text: string, options: object = {}, context: DatasetContext = {}) =>
  csv({ path: await write(text), label: 'kind', ...options }, context)

/** Loads and keeps what the reader says. */
async function noted(text: string, options: object = {}) {
  const notes: string[] = []
  const dataset = await load(text, options, { onNote: (note) => notes.push(note) })
  return { dataset, notes }
}
const lines = (count: number, line: (row: number) => string): string =>
  Array.from({ length: count }, (_, row) => `${line(row)}\n`).join('')

describe('names of columns and classes', () => {
  it.each([
    ['a column', 'v,v,kind\n1,2,a\n3,4,b\n', {}, 'file.csv must be different names, got "v" twice'],
    [
      'a class',
      'v,kind\n1,a\n3,b\n',
      { classNames: ['a', 'b', 'b'] },
      'classNames must be different names, got "b" twice',
    ],
    ['a class spelled otherwise', 'v,kind\n1,0\n3,1\n', { classNames: ['0', '0.0', '1'] }, 'got "0" twice'],
    [
      'a feature',
      'v,w,kind\n1,2,a\n3,4,b\n',
      { features: ['v', 'v'] },
      'features must be different names, got "v" twice',
    ],
  ])('must be different: %s', async (_, text, options, message) => {
    await expect(load(text, options)).rejects.toThrow(message)
  })
})

describe('numbers of rows', () => {
  it.each(['', 'Unnamed: 0', '__index_level_0__', 'index', 'id'])(
    'are left out with a word: "%s"',
    async (name) => {
      const { dataset, notes } = await noted(`${name},v,kind\n0,5,a\n1,6,b\n2,8,a\n`)
      expect([...dataset.train.inputs]).toEqual([5, 6, 8])
      expect(dataset.featureNames).toEqual(['v'])
      expect(notes).toEqual([
        expect.stringContaining(`file.csv: ${JSON.stringify(name)} holds numbers of rows and is left out`),
      ])
    },
  )

  it('are left out where a part of a table was shuffled', async () => {
    const { dataset } = await noted(',v,kind\n17,5,a\n3,6,b\n')
    expect(dataset.featureNames).toEqual(['v'])
  })

  it('are used where they are named, and other numbers are', async () => {
    const { dataset, notes } = await noted('index,v,kind\n0,5,a\n1,6,b\n', { features: ['index', 'v'] })
    expect([dataset.featureNames, notes]).toEqual([['index', 'v'], []])
    expect((await noted('id,v,kind\n7,5,a\n3,6,b\n')).dataset.featureNames).toEqual(['id', 'v'])
  })
})

describe('classes have one meaning', () => {
  const classes = (values: readonly unknown[]) => {
    const rows = values.map((value, row) => [row, value])
    const { classNames, examples } = tableExamples(
      { fileName: 't', columns: ['a', 'kind'], rows },
      { label: 'kind' },
    )
    return Object.fromEntries(values.map((value, row) => [String(value), classNames[examples.labels[row]!]]))
  }
  it.each<[string, readonly unknown[], object]>([
    [
      'numbers spelled otherwise',
      ['0.0', '0', '1.0', '1', '-0'],
      { '0.0': '0', '0': '0', '1.0': '1', '1': '1', '-0': '0' },
    ],
    ['codes', ['1', '01'], { '1': '1', '01': '01' }],
    [
      'integers above 2^53',
      [1152921504606846977n, 1152921504606846976n],
      { '1152921504606846977': '1152921504606846977', '1152921504606846976': '1152921504606846976' },
    ],
    ['decimals', ['1.10', '1.1', '2'], { '1.10': '1.1', '1.1': '1.1', '2': '2' }],
    ['numbers and texts of them', [1, '1', 2n, '2.0'], { '1': '1', '2': '2', '2.0': '2' }],
  ])('%s', (_, values, expected) => {
    expect(classes(values)).toEqual(expected)
    expect(classes(values.toReversed())).toEqual(expected)
  })

  it('and one order, whatever that of the rows', () => {
    const names = (values: readonly unknown[]) =>
      tableExamples(
        { fileName: 't', columns: ['a', 'kind'], rows: values.map((value) => [1, value]) },
        { label: 'kind' },
      ).classNames
    for (const values of [
      ['1', '01'],
      [1152921504606846978n, 1152921504606846977n, 1152921504606846976n],
      [new Date('2020-01-02'), new Date('2020-01-01T12:00:00Z'), new Date('2020-01-01')],
      [Uint8Array.of(0xe9), Uint8Array.of(0xe8), 'a'],
    ])
      expect(names(values)).toEqual(names(values.toReversed()))
    expect(names([new Date('2020-01-02'), new Date('2020-01-01T12:00:00Z')])).toEqual([
      '2020-01-01T12:00:00.000Z',
      '2020-01-02',
    ])
    expect(names([Uint8Array.of(0xe9), Uint8Array.of(0xe8), 'a'])).toEqual(['0xe8', '0xe9', 'a'])
  })

  it.each([
    ['lists', ['x'], 'a list'],
    ['structures', { x: 1 }, 'a structure'],
  ])('but no %s', (_, value, found) => {
    const table = {
      fileName: 't',
      columns: ['a', 'kind'],
      rows: [
        [1, 'a'],
        [2, value],
      ],
    }
    expect(() => tableExamples(table, { label: 'kind' })).toThrow(
      `must have a class in column kind, got ${found} in data row 2`,
    )
  })
})

describe('a label column that holds no classes is said to be', () => {
  it.each([
    [
      'a number to be predicted',
      lines(40, (row) => `${row},${row / 7 + 0.01}`),
      'a regression target',
      'set task: { name: regression }',
    ],
    ['years', lines(40, (row) => `1,${1900 + row}`), 'a regression target', 'set task'],
    [
      'several labels',
      'x,a;b\nx,a\nx,b\n'.replaceAll('x', '1'),
      'several labels in one cell, such as "a;b"',
      'multi-label',
    ],
    [
      'a text',
      lines(40, (row) => `${row},review number ${row} was good`),
      'a column of text',
      'set label to',
    ],
  ])('%s', async (_, text, found, hint) => {
    await expect(load(`x,kind\n${text}`)).rejects.toThrow(found)
    await expect(load(`x,kind\n${text}`)).rejects.toThrow(hint)
  })

  it('unless the classes are listed', async () => {
    const { classNames } = await load('x,kind\n1,a;b\n2,a\n3,b\n', { classNames: ['a', 'b', 'a;b'] })
    expect(classNames).toEqual(['a', 'b', 'a;b'])
  })

  it('but many rows may have many classes', async () => {
    const { classNames } = await load(`x,kind\n${lines(100, (row) => `1,word ${row % 30}`)}`)
    expect(classNames.length).toBe(30)
  })
})

describe('values far from zero', () => {
  it('are centred before they are rounded', async () => {
    const around = [0.1257, -0.1321, 0.6404, -1.25]
    const text = `a,kind\n${around.map((value, row) => `${1.7e9 + value},${row % 2}\n`).join('')}`
    const dataset = await csv({
      path: await write(text),
      testPath: await write(text, 'test.csv'),
      label: 'kind',
    })
    const mean = around.reduce((sum, value) => sum + value / 4, 0)
    const spread = Math.sqrt(around.reduce((sum, value) => sum + (value - mean) ** 2 / 4, 0))
    for (const examples of [dataset.train, dataset.test!]) {
      const inputs = normalizedInputs(dataset, examples, [0, 1, 2, 3])
      for (const [row, value] of around.entries()) expect(inputs[row]).toBeCloseTo((value - mean) / spread, 5)
    }
  })

  it('stay single where that loses nothing, constant columns too', async () => {
    expect((await load('a,b,kind\n1.5,1e9,x\n2.25,1e9,y\n')).train.inputs).toBeInstanceOf(Float32Array)
  })
})

describe('missing values', () => {
  const text = 'a,b,kind\n1,10,x\n,20,y\n3,NA,x\n8,40,y\n'
  it('are refused, counted, and named', async () => {
    await expect(load(text)).rejects.toThrow(
      'must have a finite number in column a, got nothing in data row 2; 2 bad rows in all, also 3 ("NA" in b)',
    )
    await expect(load(`a,kind\n1,x\n${lines(25, () => '?,y')}`)).rejects.toThrow(
      /25 bad rows in all, also 3 .* 11 \("\?" in a\) and 15 more/,
    )
  })

  it('can be dropped with their rows', async () => {
    const { dataset, notes } = await noted(text, { missing: 'drop' })
    expect([[...dataset.train.inputs], [...dataset.train.ids]]).toEqual([
      [1, 10, 8, 40],
      [0, 3],
    ])
    expect(notes[0]).toContain('2 of 4 rows lack a value and are left out')
    await expect(load('a,kind\n,x\n,y\n', { missing: 'drop' })).rejects.toThrow(
      'must have a row without missing values, got 2 rows that lack one',
    )
    await expect(load('a,kind\n,x\n1,y\nnope,y\n', { missing: 'drop' })).rejects.toThrow(
      'got "nope" in data row 3',
    )
  })

  it('can be filled in from the training file, for the test file too', async () => {
    const testPath = await write('a,b,kind\n,NA,x\n', 'test.csv')
    const mean = await load(text, { missing: 'mean', testPath })
    expect([[...mean.train.inputs.subarray(2, 6)], [...mean.test!.inputs]]).toEqual([
      [4, 20, 3, Math.fround(70 / 3)],
      [4, Math.fround(70 / 3)],
    ])
    expect([...(await load(text, { missing: 'median', testPath })).test!.inputs]).toEqual([3, 20])
  })

  it('are never filled in for labels', async () => {
    await expect(load('a,kind\n1,x\n2,\n', { missing: 'mean' })).rejects.toThrow(
      'must have a class in column kind, got nothing in data row 2',
    )
    await expect(load('a,kind\n1,2\n2,\n', { missing: 'mean' }, { task: regression })).rejects.toThrow(
      'must have a finite number in column kind',
    )
  })
})

describe('categories', () => {
  const text = 'color,a,kind\nred,1,x\nblue,2,y\nred,3,x\n'
  it('become a number for each, by name', async () => {
    const testPath = await write('color,a,kind\nblue,1,x\n', 'test.csv')
    const { featureNames, train, test } = await load(text, { categories: ['color'], testPath })
    expect(featureNames).toEqual(['color=blue', 'color=red', 'a'])
    expect([...train.inputs, ...test!.inputs]).toEqual([0, 1, 1, 1, 0, 2, 0, 1, 3, 1, 0, 1])
  })

  it('must be known and there, unless missing says otherwise', async () => {
    const testPath = await write('color,a,kind\ngreen,1,x\n', 'test.csv')
    await expect(load(text, { categories: ['color'], testPath })).rejects.toThrow(
      'test.csv must have one of the categories blue, red in column color, got "green" in data row 1',
    )
    await expect(load(text, { categories: ['colour'] })).rejects.toThrow(
      'categories must be columns of the input, got colour',
    )
    await expect(load(text)).rejects.toThrow('name columns of texts in categories')
    const { train } = await load(`${text},4,y\n`, { categories: ['color'], missing: 'mean' })
    expect([...train.inputs.subarray(9)]).toEqual([0, 0, 4])
  })
})
