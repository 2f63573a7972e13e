import type { Socket, TLSOptions } from 'bun'
import { fingerprintOf } from '../../lib/tls/fingerprint.ts'
import { findTlsTrouble } from '../../lib/tls/tls-error.ts'

/** How a TLS server is verified. Accepting any server is impossible: with neither list nothing is trusted. */
export type Trust = {
  /**
   * SHA-256 of the trusted certificates, in the form of `fingerprintOf`; null when CAs decide. With
   * fingerprints, neither CA, name nor age of a certificate matter.
   */
  readonly fingerprints: readonly string[] | null
  /** Certificates in PEM of the CAs that may vouch for the server; unused with fingerprints. */
  readonly authorities: readonly string[]
}

/** Text that can't be a host name: only digits and dots, or with a colon. */
const IP_ADDRESS = /^[\d.]+$|:/

/**
 * The library evaluates unless a fingerprint does; then it must not end the connection before we have looked.
 */
export function toTlsOptions(host: string, { fingerprints, authorities }: Trust): TLSOptions {
  return {
    rejectUnauthorized: fingerprints === null,
    ...(fingerprints === null && { ca: [...authorities] }),
    // RFC 6066 does not allow an address as server name.
    ...(!IP_ADDRESS.test(host) && { serverName: host }),
  }
}

/** Part of the library's error where the other end answers in plain text. */
const WRONG_VERSION = 'WRONG_VERSION_NUMBER'
const NO_TLS = 'that port does not speak TLS: with tcp:// in front the agent goes without, unprotected'

/**
 * The reason not to trust the server at the other end, as a sentence; null when it is the expected one.
 * Called after the handshake; `isValid` and `error` are the library's findings.
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
      : `${describeHandshake(error, "the server's certificate is not trusted")} ` +
          '(agent.fingerprint says how to know it; tcp:// goes without TLS)'
  if (!isValid && !isAboutCertificate(error)) return describeHandshake(error, 'the TLS handshake failed')
  const found = fingerprintOf(socket.getPeerX509Certificate().raw)
  return fingerprints.includes(found)
    ? null
    : `the server has another certificate than agent.fingerprint says: ${found}`
}

/** `sentence` is for errors that the table of TLS does not have. */
function describeHandshake(error: Error | null, sentence: string): string {
  const trouble = findTlsTrouble(error)
  if (trouble === null) return `${sentence}: ${error?.message ?? 'no reason given'}`
  return trouble.isCertificate
    ? `the server's certificate is not trusted: ${trouble.reason}`
    : `the TLS handshake failed: ${trouble.reason}`
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
