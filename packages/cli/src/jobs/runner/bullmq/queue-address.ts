import { UsageError } from '../../../config/usage-error.js'

/** Where a queue is. */
export interface QueueAddress {
  /** The address with its credentials, if it has any; it is for the client alone. */
  readonly url: string
  /** The address without user and password, to be shown to people. */
  readonly shown: string
  /** Takes the password out of what another program says. */
  readonly redact: (text: string) => string
}

const form = 'redis://[user:password@]host[:port][/database], or rediss:// for TLS'

/**
 * Reads the address of a queue.
 *
 * @param url - such as `redis://localhost:6379`
 * @returns the address, and what may be shown of it
 * @throws {@link UsageError} when it has another form; it does not repeat what may be a password
 */
export function queueAddress(url: string): QueueAddress {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new UsageError(`--queue must be ${form}, got something that is no URL`)
  }
  const { protocol, password, host, pathname } = parsed
  if (!/^rediss?:$/.test(protocol) || host === '' || !/^(\/\d*)?$/.test(pathname)) {
    throw new UsageError(`--queue must be ${form}, got another one`)
  }
  const secrets = [password, decoded(password)].filter((secret) => secret !== '')
  return {
    url,
    shown: `${protocol}//${host}${pathname === '/' ? '' : pathname}`,
    redact: (text) => secrets.reduce((found, secret) => found.replaceAll(secret, '***'), text),
  }
}

/** Decodes a part of the address as the client does. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
