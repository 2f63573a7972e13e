import type { Socket, TLSOptions } from 'bun'
import { fingerprintOf } from '../../lib/fingerprint.ts'

/** How a server over TLS is known. There is no way to take any: with neither list nothing is trusted. */
export type Trust = {
  /**
   * SHA-256 of the certificates that are trusted, as `fingerprintOf` gives it; null when CAs vouch. With
   * fingerprints, neither the CA nor the name nor the age of a certificate says anything more.
   */
  readonly fingerprints: readonly string[] | null
  /** Certificates in PEM of the CAs that may vouch for the server; unused with fingerprints. */
  readonly authorities: readonly string[]
}

/** What nobody can take for a name: digits and dots alone, or a colon. */
const IP_ADDRESS = /^[\d.]+$|:/

/**
 * The library evaluates unless a fingerprint does; then it must not end the connection before we have looked.
 */
export function toTlsOptions(host: string, { fingerprints, authorities }: Trust): TLSOptions {
  return {
    rejectUnauthorized: fingerprints === null,
    ...(fingerprints === null && { ca: [...authorities] }),
    // An address is no server name, says RFC 6066.
    ...(!IP_ADDRESS.test(host) && { serverName: host }),
  }
}

/** What the library finds where the other end answers in plain text. */
const WRONG_VERSION = 'WRONG_VERSION_NUMBER'
const NO_TLS = 'that port does not speak TLS: with tcp:// in front the agent goes without, unprotected'

/**
 * What speaks against the server at the other end, as a sentence; null when it is the one that is meant. To
 * be asked when the handshake is over; `isValid` and `error` are what the library found.
 */
export function findDistrust(
  { fingerprints }: Trust,
  socket: Pick<Socket, 'authorized' | 'getPeerX509Certificate'>,
  isValid: boolean,
  error: Error | null,
): string | null {
  if (error?.message.includes(WRONG_VERSION)) return NO_TLS
  if (fingerprints === null)
    return isValid && error === null && socket.authorized
      ? null
      : `the server's certificate is not trusted: ${error?.message ?? 'no reason given'} ` +
          '(agent.fingerprint says how to know it; tcp:// goes without TLS)'
  if (!isValid && !isAboutCertificate(error))
    return `the TLS handshake failed: ${error?.message ?? 'no reason given'}`
  const found = fingerprintOf(socket.getPeerX509Certificate().raw)
  return fingerprints.includes(found)
    ? null
    : `the server has another certificate than agent.fingerprint says: ${found}`
}

/**
 * The library calls a handshake that went well a failure when the certificate is not for the name that was
 * connected; the error is one of verification then (`ERR_TLS_CERT_ALTNAME_INVALID`,
 * `UNABLE_TO_VERIFY_LEAF_SIGNATURE`, …). A handshake that really failed, as of a server without the
 * certificate's key, has one like those of the system (`EPROTO`, `ECONNRESET`).
 */
function isAboutCertificate(error: Error | null): boolean {
  return error !== null && 'code' in error && !/^E[A-Z0-9]+$/.test(String(error.code))
}
