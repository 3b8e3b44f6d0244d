import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { UsageError } from '../../config/usage-error.js'
import { liveAddresses, livePage, liveScript } from './live-page.js'
import { stepText } from './watch-text.js'
import { haveSameReport, type Watched } from './watched-run.js'

const HOST = '127.0.0.1'
/** Milliseconds that pages have to fetch the end. */
const LAST_WORDS = 10_000

/** Milliseconds that the news of the end may take to be sent, at Ctrl-C too. */
const FLUSH = 1000
/** Bytes that wait for a page that does not read them, after which it has to connect again. */
const UNREAD = 100_000

/**
 * Shows what is watched in browsers of this machine. Its addresses begin with a token, so that only who was told may look: other users of
 * the machine can reach the port. Behind it are three addresses, all fixed: nothing of a request becomes the name of a file.
 */
export class LiveServer {
  readonly #server: Server
  readonly #listening = new Set<ServerResponse>()
  readonly #token = randomBytes(32).toString('base64url')
  #port = 0
  #watched: Watched
  /** The page that shows {@link LiveServer.#watched}. It is made at the first request. */
  #page: Promise<string> | undefined

  private constructor(watched: Watched) {
    this.#watched = watched
    this.#server = createServer((request, response) => {
      void this.#answer(request, response)
    })
  }

  /**
   * Starts a server on the loopback interface.
   *
   * @param port - 0: any that is free
   * @param watched - at this moment
   * @throws {@link UsageError} when the port cannot be had
   */
  static async start(port: number, watched: Watched): Promise<LiveServer> {
    const live = new LiveServer(watched)
    live.#server.listen(port, HOST)
    try {
      await once(live.#server, 'listening')
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException
      throw new UsageError(`--port ${port} must be free, got ${code}`, 'leave it out for any free port')
    }
    live.#port = (live.#server.address() as AddressInfo).port
    return live
  }

  /** The address for browsers, with the token. */
  get address(): string {
    return `http://${HOST}:${this.#port}/${this.#token}/`
  }

  /** Takes what is watched by now, and tells the pages. */
  show(watched: Watched): void {
    if (watched === this.#watched) return
    const isSame = haveSameReport(watched, this.#watched)
    this.#watched = watched
    if (!isSame) this.#page = undefined
    const steps = JSON.stringify(watched.runs.flatMap((run) => stepText(run) ?? []))
    for (const response of this.#listening) {
      if (response.writableLength > UNREAD) response.destroy()
      else response.write(isSame ? `event: step\ndata: ${steps}\n\n` : 'data: changed\n\n')
    }
  }

  /** Lets the pages fetch the end, for some seconds and until the signal is set off, and stops. */
  async stop(signal: AbortSignal): Promise<void> {
    const pages = [...this.#listening]
    const gone = Promise.all(pages.map((response) => once(response, 'close')))
    const told = Promise.all(
      pages.map((response) => new Promise((resolve) => response.write('event: end\ndata: end\n\n', resolve))),
    )
    await Promise.race([told, gone, setTimeout(FLUSH, undefined, { ref: false })])
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LAST_WORDS)])
    if (!patience.aborted) await Promise.race([gone, once(patience, 'abort')])
    this.close()
  }

  /** Stops at once. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, token = '', name] = /^\/([^/]*)\/(.*)$/s.exec(url) ?? []
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Referrer-Policy', 'no-referrer')
    // A name that somebody else made point here would let a foreign page read this one.
    const hosts = [HOST, 'localhost'].map((name) => `${name}:${this.#port}`)
    if (!hosts.includes(headers.host ?? '')) refuse(response, 403, 'this address is for this machine only')
    else if (!this.#hasToken(token))
      refuse(response, 403, 'this needs the whole address that kd watch has printed')
    else if (method !== 'GET') refuse(response, 405, 'only GET')
    else if (name === liveAddresses.page) await this.#answerPage(response)
    else if (name === liveAddresses.script) send(response, 'text/javascript; charset=utf-8', liveScript)
    else if (name === liveAddresses.events) this.#listen(response)
    else refuse(response, 404, 'nothing here')
  }

  /** Compares in a time that does not tell how much of the token is right. */
  #hasToken(given: string): boolean {
    const [one, other] = [given, this.#token].map((text) => createHash('sha256').update(text).digest())
    return timingSafeEqual(one!, other!)
  }

  async #answerPage(response: ServerResponse): Promise<void> {
    this.#page ??= livePage(this.#watched)
    try {
      send(response, 'text/html; charset=utf-8', await this.#page)
    } catch (error) {
      refuse(response, 500, error instanceof Error ? error.message : String(error))
    }
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    // Whatever has changed since the page was made.
    response.write('data: changed\n\n')
    this.#listening.add(response)
    response.on('close', () => this.#listening.delete(response))
  }
}

function send(response: ServerResponse, type: string, content: string): void {
  response.writeHead(200, { 'Content-Type': type }).end(content)
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${reason}\n`)
}
