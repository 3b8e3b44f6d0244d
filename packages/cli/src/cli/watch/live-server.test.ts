import { request, type IncomingHttpHeaders } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { LiveServer } from './live-server.js'
import type { Watched } from './watched-run.js'

const epoch = { epoch: 1, steps: 1, seconds: 1, learningRate: 0.1, train: { loss: 1, top1: 0.5 } }
const written = { name: '<b>', method: 'vanilla-kd', seed: 0, config: '', environment: {}, epochs: [epoch] }
const watched: Watched = {
  title: 'runs',
  runs: [{ name: '<b>', state: 'running', written, done: 1, newest: [] }],
}

let server: LiveServer
afterEach(() => {
  server.close()
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Asks for a path as it stands, which `fetch` would tidy up. */
function ask(
  path: string,
  { method = 'GET', host }: { method?: string; host?: string } = {},
): Promise<Answer> {
  const { hostname, port, pathname: token } = new URL(server.address)
  return new Promise((resolve, reject) => {
    const headers = { host: host ?? `${hostname}:${port}` }
    request(
      { hostname, port, path: path.replace(/^TOKEN\//, token), method, headers, agent: false },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, text })
        })
      },
    )
      .on('error', reject)
      .end()
  })
}

describe('the live server', () => {
  it('shows the report on the loopback interface, with a script of its own', async () => {
    server = await LiveServer.start(0, watched)
    expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/)
    const { status, headers, text } = await ask('TOKEN/')
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ])
    expect(text).toContain('&lt;b&gt;')
    expect(text).not.toContain('<b>')
    expect(text).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;;[^"]*script-src &#39;self&#39;/,
    )
    expect(text.match(/<script[^>]*>/g)).toEqual(['<script src="live.js" defer>'])
    expect((await ask('TOKEN/live.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it.each([
    'TOKEN/index.html',
    'TOKEN/../../../etc/passwd',
    'TOKEN/%2e%2e/%2e%2e/package.json',
    'TOKEN//etc/passwd',
    'TOKEN/?file=x',
  ])('has nothing at %s', async (path) => {
    server = await LiveServer.start(0, watched)
    expect(await ask(path)).toMatchObject({ status: 404, text: 'nothing here\n' })
  })

  it.each([
    '/',
    '/live.js',
    '/events',
    '//',
    `/${'A'.repeat(43)}/`,
    '/TOKEN/',
    '/%54/events',
    '/etc/passwd',
    '*',
  ])('shows nothing at %s to who does not know the token', async (path) => {
    server = await LiveServer.start(0, watched)
    const { status, text } = await ask(path)
    expect([status, text]).toEqual([403, 'this needs the whole address that kd watch has printed\n'])
  })

  it('has another token each time, that nothing in the page repeats', async () => {
    server = await LiveServer.start(0, watched)
    const other = await LiveServer.start(0, watched)
    const [token, second] = [server, other].map(({ address }) => new URL(address).pathname.slice(1, -1))
    other.close()
    expect(token).not.toBe(second)
    const { text, headers } = await ask('TOKEN/')
    expect(text).not.toContain(token)
    expect(headers['referrer-policy']).toBe('no-referrer')
  })

  it('refuses other methods, and names that somebody else made point to it', async () => {
    server = await LiveServer.start(0, watched)
    expect((await ask('TOKEN/', { method: 'POST' })).status).toBe(405)
    expect((await ask('TOKEN/', { host: 'example.org' })).status).toBe(403)
    expect((await ask('TOKEN/', { host: `localhost:${new URL(server.address).port}` })).status).toBe(200)
  })

  it('waits where no run has begun', async () => {
    server = await LiveServer.start(0, { title: 'runs', runs: [] })
    expect((await ask('TOKEN/')).text).toContain('Waiting for a run')
    server.show(watched)
    expect((await ask('TOKEN/')).text).toContain('<h1>runs</h1>')
  })

  it('says when a port is taken', async () => {
    server = await LiveServer.start(0, watched)
    const { port } = new URL(server.address)
    await expect(LiveServer.start(Number(port), watched)).rejects.toThrow(
      `--port ${port} must be free, got EADDRINUSE`,
    )
  })

  it('tells who listens of each change and of the end, and waits until they have gone', async () => {
    server = await LiveServer.start(0, watched)
    const page = new AbortController()
    const response = await fetch(`${server.address}events`, { signal: page.signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('data: changed\n\n')
    // The same is no news.
    server.show(watched)
    server.show({ ...watched, title: 'other' })
    expect((await reader.read()).value).toBe('data: changed\n\n')
    // A step within an epoch makes no new page.
    const step = { epoch: 1, epochs: 4, step: 3, stepsPerEpoch: 10 }
    server.show({ title: 'other', runs: [{ ...watched.runs[0]!, step: { who: 'student', step } }] })
    expect((await reader.read()).value).toBe('event: step\ndata: ["student: epoch 2 of 4, step 3 of 10"]\n\n')
    let stopped = false
    const stopping = server.stop(new AbortController().signal).then(() => (stopped = true))
    expect((await reader.read()).value).toBe('event: end\ndata: end\n\n')
    expect((await ask('TOKEN/')).text).toContain('<h1>other</h1>')
    expect(stopped).toBe(false)
    page.abort()
    await stopping
    await expect(ask('TOKEN/')).rejects.toThrow('ECONNREFUSED')
  })
})
