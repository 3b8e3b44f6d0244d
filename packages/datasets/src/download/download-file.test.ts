import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { needsLinux } from '@kd/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cacheFolder, fetchFiles, localFiles } from './local-files.js'
import type { DownloadProgress } from '@kd/core'
import { downloadFile } from './download-file.js'

const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index + (index >> 7)) % 251)
const digest = createHash('sha256').update(content).digest('hex')

let folder: string
let path: string
let server: Server
let url: string
let ranges: (string | undefined)[]
let answer: RequestListener
let seen: DownloadProgress[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-download-'))
  path = join(folder, 'deep', 'data.bin')
  ranges = []
  seen = []
  answer = serveRanges
  server = createServer((request, response) => {
    ranges.push(request.headers.range)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.bin`
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const serveRanges: RequestListener = (request, response) => {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? NaN)
  if (Number.isNaN(start)) {
    response.writeHead(200, { 'content-length': content.length }).end(content)
  } else if (start >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
  } else {
    const rest = content.subarray(start)
    const range = `bytes ${start}-${content.length - 1}/${content.length}`
    response.writeHead(206, { 'content-length': rest.length, 'content-range': range }).end(rest)
  }
}
const serveWhole: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': content.length }).end(content)
}
/** Breaks the connection off after 100,000 bytes. */
const breakOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
}

const download = (expected = digest): Promise<void> =>
  downloadFile({ url, checksum: { algorithm: 'sha256', digest: expected } }, path, (progress) =>
    seen.push(progress),
  )
const files = (): Promise<string[]> => readdir(join(folder, 'deep'))

describe('downloadFile', () => {
  it('fetches, verifies, and tells how far it is', async () => {
    await download()
    expect((await readFile(path)).equals(content)).toBe(true)
    expect(await files()).toEqual(['data.bin'])
    expect(seen[0]).toEqual({ url, path, receivedBytes: 0, totalBytes: 300_000 })
    expect(seen.at(-1)).toEqual({ url, path, receivedBytes: 300_000, totalBytes: 300_000 })
  })

  it('keeps what arrived before a break, under another name, and goes on from there', async () => {
    answer = breakOff
    await expect(download()).rejects.toThrow(
      /must arrive whole, got: .*\n {2}run it again to go on where it stopped/,
    )
    expect(await files()).toEqual(['data.bin.part'])
    const kept = (await readFile(`${path}.part`)).length
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(content.length)

    answer = serveRanges
    seen = []
    await download()
    expect(ranges).toEqual([undefined, `bytes=${kept}-`])
    expect(seen[0]).toEqual({ url, path, receivedBytes: kept, totalBytes: 300_000 })
    expect((await readFile(path)).equals(content)).toBe(true)
    expect(await files()).toEqual(['data.bin'])
  })

  it('starts over where the server has no ranges', async () => {
    answer = breakOff
    await expect(download()).rejects.toThrow('must arrive whole')
    answer = serveWhole
    await download()
    expect((await readFile(path)).equals(content)).toBe(true)
  })

  it('keeps nothing that has the wrong checksum', async () => {
    await expect(download('0'.repeat(64))).rejects.toThrow(
      `downloadFile: ${url} must have the sha256 checksum ${'0'.repeat(64)}, got ${digest}`,
    )
    expect(await files()).toEqual([])
    expect(ranges).toEqual([undefined])
  })

  it('starts over when what was kept is of another file', async () => {
    await download()
    await rm(path)
    await writeFile(`${path}.part`, new Uint8Array(1000))
    await download()
    expect(ranges).toEqual([undefined, 'bytes=1000-', undefined])
    expect((await readFile(path)).equals(content)).toBe(true)
  })

  it('takes a part that is whole already, and throws one away that is too long', async () => {
    await download()
    await rm(path)
    await writeFile(`${path}.part`, content)
    await download()
    expect((await readFile(path)).equals(content)).toBe(true)
    await rm(path)
    await writeFile(`${path}.part`, new Uint8Array(content.length + 1))
    await download()
    expect((await readFile(path)).equals(content)).toBe(true)
  })

  it('says what the server said, and when there is none', async () => {
    answer = (_, response) => response.writeHead(404).end('gone')
    await expect(download()).rejects.toThrow(`downloadFile: ${url} must be there, got status 404`)
    expect(await files()).toEqual([])
    await new Promise((resolve) => server.close(resolve))
    await expect(download()).rejects.toThrow(/must arrive whole, got: .*ECONNREFUSED/)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
})

describe('localFiles', () => {
  const set = () => ({
    name: 'made',
    fileNames: ['data.bin'],
    folders: ['.'],
    fetch: (into: string, onProgress: (progress: DownloadProgress) => void) =>
      fetchFiles([{ url, checksum: { algorithm: 'sha256' as const, digest } }], into, onProgress),
    hint: 'fetch it',
  })
  const onProgress = (progress: DownloadProgress) => seen.push(progress)

  it('downloads into the cache folder once, when asked', async () => {
    vi.stubEnv('KD_CACHE', folder)
    await expect(localFiles(set(), { onProgress })).rejects.toThrow('got no complete folder\n  fetch it')
    expect(ranges).toEqual([])
    await expect(localFiles(set(), { download: true })).rejects.toThrow('onProgress must be given')
    expect(ranges).toEqual([])
    const wanted = join(folder, 'made', 'data.bin')
    expect(await localFiles(set(), { download: true, onProgress })).toEqual([wanted])
    expect(await localFiles(set(), { download: true, onProgress })).toEqual([wanted])
    expect(ranges.length).toBe(1)
    expect(seen.length).toBeGreaterThan(1)
  })

  it('takes a compressed file in place of the plain one', async () => {
    await writeFile(join(folder, 'data.bin.gz'), gzipSync(content))
    expect(await localFiles(set(), { path: folder })).toEqual([join(folder, 'data.bin.gz')])
  })
})

describe('cacheFolder', () => {
  it('follows KD_CACHE, then XDG_CACHE_HOME, then ~/.cache', needsLinux, () => {
    vi.stubEnv('KD_CACHE', '/somewhere')
    expect(cacheFolder()).toBe('/somewhere')
    vi.stubEnv('KD_CACHE', '')
    vi.stubEnv('XDG_CACHE_HOME', '/xdg')
    expect(cacheFolder()).toBe('/xdg/kd')
    vi.stubEnv('XDG_CACHE_HOME', '')
    expect(cacheFolder()).toBe(join(homedir(), '.cache', 'kd'))
  })
})
