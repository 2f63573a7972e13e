import type { Config } from '../../config/schema.ts'
import { withServerName } from '../../domain/hosts/join-commands.ts'
import { siteAddress } from '../../domain/site-address.ts'
import { describeError } from '../../lib/log.ts'
import { describePin } from '../../lib/tls/fingerprint.ts'
import { nameForClients } from '../web.ts'
import { findCertificate } from './certificate.ts'

/** Where new machines get the program from this server, and what it is to be. */
export type ServedReleases = {
  /** The website as others reach it, with a slash at its end. */
  readonly base: string
  /** The pin of its certificate; null where a CA vouches for it. */
  readonly pin: string | null
  /** SHA-256 of the list of checksums, in hexadecimal. */
  readonly sum: string
}

/** The server may have to pack its own release first. */
const PATIENCE_MS = 60_000
const MAX_LIST = 1 << 20

/**
 * Asks the running website for its releases. `server` is the name by which others reach it, without a port. A
 * text explains why there are none.
 */
export async function findServedReleases(config: Config, server: string): Promise<ServedReleases | string> {
  const { address, tls, tlsPort, url, basePath } = config.web
  const path = basePath ?? ''
  if (!tls && url?.startsWith('https://') !== true)
    return 'the website is not served over HTTPS: switch on web.tls, or give web.url of a proxy that has it'
  if (!tls) return readSums(siteAddress(url ?? '', path), null, null)
  const certificate = findCertificate('web', config)
  if (certificate === null)
    return 'the website has no certificate yet: the server makes one when it is first started'
  const host = nameForClients(address, '127.0.0.1')
  const own = siteAddress(`https://${host.includes(':') ? `[${host}]` : host}:${tlsPort}`, path)
  return readSums(own, withServerName(own, server), certificate.certificate)
}

/**
 * `base` is the address for others, where it differs. `certificate` is the only accepted one, under any name;
 * null uses the CAs.
 */
async function readSums(
  asked: string,
  base: string | null,
  certificate: string | null,
): Promise<ServedReleases | string> {
  const list = `${asked}releases/SHA256SUMS`
  try {
    const response = await fetch(list, {
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(certificate !== null && { tls: { ca: certificate, checkServerIdentity: () => undefined } }),
    })
    if (!response.ok) return `${list} answers ${response.status}`
    const text = await response.text()
    if (text.length > MAX_LIST || !/^[0-9a-f]{64} /.test(text)) return `${list} is no list of checksums`
    const sum = new Bun.CryptoHasher('sha256').update(text).digest('hex')
    return { base: base ?? asked, pin: certificate === null ? null : describePin(certificate), sum }
  } catch (error) {
    return `${list} can't be read: ${describeError(error)}`
  }
}
