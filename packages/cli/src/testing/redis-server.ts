import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { needs } from '@kd/testing'
import { Redis } from 'ioredis'
import type { TestOptions } from 'vitest'

/** Options of tests that start a Redis server. */
export const needsRedis: TestOptions = needs(
  process.platform !== 'win32' && hasRedis(),
  'redis-server (Debian: apt-get install redis-server)',
)

function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A Redis server of a test's own, on a free port of the loopback address, with a password and a log on the disk. */
export class RedisServer {
  static readonly password = 'open sesame/1+1'
  readonly port: number
  readonly #folder: string
  #server: ChildProcess | undefined

  private constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
  }

  static async start(): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'kd-redis-'))
    const server = new RedisServer(await freePort(), folder)
    await server.restart()
    return server
  }

  /** The address with user and password. */
  get url(): string {
    return `redis://:${encodeURIComponent(RedisServer.password)}@127.0.0.1:${this.port}`
  }

  /** Starts it, with what it had before. */
  async restart(): Promise<void> {
    const where = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.#folder]
    const keeps = ['--appendonly', 'yes', '--save', '', '--requirepass', RedisServer.password]
    this.#server = spawn('redis-server', [...where, ...keeps], { stdio: 'ignore' })
    const client = this.client()
    try {
      await client.ping()
    } finally {
      client.disconnect()
    }
  }

  /** Kills it: what it has not written is gone. */
  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined || server.exitCode !== null) return
    const closed = once(server, 'close')
    server.kill('SIGKILL')
    await closed
  }

  /** A client that waits until the server is there. */
  client(): Redis {
    const client = new Redis(this.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
    client.on('error', () => undefined)
    return client
  }

  async remove(): Promise<void> {
    await this.kill()
    // What the kernel still writes.
    await setTimeout(10)
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
