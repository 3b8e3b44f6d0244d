import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  corruptLabels,
  loadDataset,
  readLabelFile,
  tableExamples,
  type Table,
} from '../../packages/datasets/src/index.js'
import { gunzip } from '../../packages/datasets/src/files/read-files.js'
import { readImage, loadSharp } from '../../packages/datasets/src/image-folder/read-image.js'
import { BrokenPromise, type FuzzTarget } from './fuzz-target.js'
import { mutateBytes, mutateValue, pick } from './mutate.js'

const labels = Uint8Array.from({ length: 1797 }, (_, index) => index % 10)

/** Eight by eight pixels of two colours, by sharp: PNG, JPEG, WebP, GIF and TIFF. */
const images = [
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAqUlEQVQImQXBEXACAACG0Q8Gu/8Gg8EgGAwGwWAQDAZBEAwGg2AQBIMgCIJgMBgEQRAEwWAQBEEwCAaDwWAQBEEQBINBd9/eI+ABHpIjPMYTcooF8Iyc4wUWySVeYYlcgzdYJhWs4i25w3usQR6wjg3yiE1skTZ2wC55wmd8IT3s44AMwRGOySu+4YRMcYZzyDsu8IN84hd+kx9cgiuyxg1uyQ5/8Y/s+Qf+qkozbKiR2AAAAABJRU5ErkJggg==',
  '/9j/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAdEAACAQQDAAAAAAAAAAAAAAABAgADBAdRI4KR/8QAFQEBAQAAAAAAAAAAAAAAAAAAAgf/xAAeEQEAAAYDAQAAAAAAAAAAAAABAAIEESGxAwUGEv/aAAwDAQACEQMRAD8AnaY6UKOFAgXRVQoPqqD2pNtTERI49pUq3m3DqfRV3HMfKZByDu+I/9k=',
  'UklGRoYAAABXRUJQVlA4IHoAAAAwAgCdASoIAAgAAUAmJbACdLoAArrIaHJVAAD+9d352+QxN56ZybjvWv71U/GL/pHt8V4T0JBcTHoizjlsV/xFUfjVoflNuDclYISWYX/s/b/LkEgqf/q3z4dX/h4+v/8Gd/wS/pa2qmf5tt3oK/f7+zdpQv333gAAAA==',
  'R0lGODlhCAAIAIYAAExpcf/sAP+gAP+kAArkAP/oAP+AAP/EAP/gAP/IAArAAP9cAP8QAP98AP8UAAoYAP80AP8cAP84AAo8AP9YAAp4AApgAArMAAowAAqEAApUAAqoAAoMAAqcAArwAP+sAP8sAP+YAP9kAP/QAP9QAP+IAP8IAP90AP9AAP8oAP9EAP+UAP+wAP9MAP9oAP9wAP+MAP/0AP+8AP/UAP8EAP+4AP8gAAr8AAoAAArYAAokAAqQAP/4AApIAAq0AApsAP/cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACH5BAUAAAAALAAAAAAIAAgAAAdCgDg0JhwMDg8RNjopIBgQEhMoKj0tJBoUCxYiLj8vJxUNBhklMDsrIR0CAxsfLD41MgoHCRcjMzlACAQFAR4xPDeBADs=',
  'SUkqAF4AAAD/2P/AABEIAAgACAMBIgACEQEDEQH/2gAMAwEAAhEDEQA/AI7T4dKFH7lAgX0KqFB/NVB/4FE3qpooor8ceaYlt3l+ZeJ4ix1OS5WtUnqk/wA76H//2REAAAEDAAEAAAAIAAAAAQEDAAEAAAAIAAAAAgEDAAMAAABAAQAAAwEDAAEAAAAHAAAABgEDAAEAAAAGAAAAEQEEAAEAAAAIAAAAEgEDAAEAAAABAAAAFQEDAAEAAAADAAAAFgEDAAEAAAAAAQAAFwEEAAEAAABWAAAAGgEFAAEAAAAwAQAAGwEFAAEAAAA4AQAAHAEDAAEAAAABAAAAKAEDAAEAAAACAAAAUwEDAAMAAABGAQAAWwEHAD4CAAB8AQAAFAIFAAYAAABMAQAAAAAAADMzywAAAAgAMzPLAAAACAAIAAgACAABAAEAAQAAAAAAAQAAAP8AAAABAAAAgAAAAAEAAAD/AAAAAQAAAIAAAAABAAAA/wAAAAEAAAD/2P/bAEMABgQFBgUEBgYFBgcHBggKEAoKCQkKFA4PDBAXFBgYFxQWFhodJR8aGyMcFhYgLCAjJicpKikZHy0wLSgwJSgpKP/bAEMBBwcHCggKEwoKEygaFhooKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/Z',
].map((text) => Buffer.from(text, 'base64'))

/** A BMP of 2 x 2 pixels: it has a reader of its own, for sharp has none. */
const bmp = Buffer.from(
  'Qk0AAAAAAAAAADYAAAAoAAAAAgAAAAIAAAABABgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8AAAD/AAD/AAD///8AAA==',
  'base64',
)

/** A table as values, with categories, missing cells, dates, large integers and bytes. */
const table = {
  fileName: 'table',
  columns: ['', 'size', 'color', 'kind'],
  rows: Array.from({ length: 6 }, (_, row) => [
    row,
    [1.5, null, '3', 4n, 'NA', true][row],
    ['red', 'blue', '', 'red', 1, '1.0'][row],
    ['a', 'b', 1, '1.0', '2020-01-01', 'b'][row],
  ]),
}

/** Files that belong to a data set or a run. */
export const smallFileTargets: Record<string, FuzzTarget> = {
  'files of labels': {
    make: (random) => mutateBytes(random, labels),
    read: async (input) => {
      const path = resolve('labels.bin')
      writeFileSync(path, input as Uint8Array)
      const digits = await loadDataset({ name: 'digits' })
      return corruptLabels(digits, { kind: 'from-labels', labels: await readLabelFile(path) })
    },
  },
  images: {
    make: (random) => mutateBytes(random, new Uint8Array(pick(random, [...images, bmp]))),
    read: async (input) => {
      const path = resolve('image')
      writeFileSync(path, input as Uint8Array)
      return readImage(loadSharp(), path, { height: 4, width: 4, channels: 3 })
    },
  },
  'values of tables': {
    make: (random) => ({
      table: random.integer(4) === 0 ? table : mutateValue(random, table),
      missing: pick(random, ['refuse', 'drop', 'mean', 'median']),
    }),
    read: (input) => {
      const { table: given, missing } = input as { table: Table; missing: 'drop' }
      // A reader gives columns of texts and rows of as many values; only the values come from anywhere.
      const rows = table.rows.map((row, index) => {
        const values = (given as Table | null)?.rows?.[index]
        return row.map((value, column) => (Array.isArray(values) ? values[column] : value) as unknown)
      })
      const { examples } = tableExamples(
        { ...table, rows },
        { label: 'kind', categories: ['color'], missing },
      )
      if (examples.inputs.some((value) => !Number.isFinite(value)))
        throw new BrokenPromise('inputs that are not finite')
      return examples
    },
  },
  'gzip files': {
    make: (random) => mutateBytes(random, new Uint8Array(gzipSync(new Uint8Array(2000)))),
    read: async (input) => {
      const bytes = await gunzip(
        input as Uint8Array,
        'file',
        'read',
        1000 + (input as Uint8Array).length * 40,
      )
      if (bytes.length > 1000 + (input as Uint8Array).length * 40)
        throw new BrokenPromise('more than the limit')
      return bytes
    },
  },
}
