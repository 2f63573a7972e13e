/** Why TLS failed, in plain words with the library's own word for it in brackets. */
export type TlsTrouble = {
  /** The certificate of the other side is not trusted; else the handshake itself failed. */
  readonly isCertificate: boolean
  /** A clause without a subject of its own: "it has expired (CERT_HAS_EXPIRED)". */
  readonly reason: string
}

/**
 * What failed in TLS; null when the error is about something else. The library's codes and messages are looked at both:
 * who passes an error on often keeps only one of the two.
 */
export function findTlsTrouble(error: unknown): TlsTrouble | null {
  if (!(error instanceof Error) || SAID.test(error.message)) return null
  const code = 'code' in error ? String(error.code) : ''
  const text = `${code} ${error.message}`
  for (const [pattern, words] of OF_CERTIFICATES)
    if (pattern.test(text))
      return { isCertificate: true, reason: withRaw(words + listNames(error.message), code, error.message) }
  if (!ABOUT_TLS.test(text)) return null
  const found = OF_HANDSHAKES.find(([pattern]) => pattern.test(text))
  return { isCertificate: false, reason: withRaw(found?.[1] ?? null, code, error.message) }
}

/** An error that quotes what was described before. */
const SAID = /(certificate is not trusted|the TLS handshake failed): /

/** As one sentence; null when the error is not about TLS. */
export function describeTlsError(error: unknown): string | null {
  const trouble = findTlsTrouble(error)
  if (trouble === null) return null
  const { isCertificate, reason } = trouble
  return `${isCertificate ? 'the certificate is not trusted' : 'the TLS handshake failed'}: ${reason}`
}

/** What the library says of a certificate for other names; the other side chose how long it is. */
const listNames = (message: string) => {
  const names = /.*(?:altnames|list|CN): (.+)$/.exec(message)?.[1]
  return names === undefined ? '' : `: ${names.slice(0, 200)}`
}

const NO_CA =
  'no CA that is trusted here issued it: it is self-signed, of a CA of your own, or sent without its chain'
const REFUSED_OURS = 'the other side refuses our certificate'

/** By the names of X.509 verification, and by its texts where a package keeps these alone. */
const OF_CERTIFICATES: readonly (readonly [RegExp, string])[] = [
  [/CERT_HAS_EXPIRED|^\S* certificate has expired/, 'it has expired'],
  [
    /CERT_NOT_YET_VALID|certificate is not yet valid/,
    'it is not valid yet: compare the clocks of both machines',
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|does not match certificate's altnames/,
    'it is for another name',
  ],
  [/CERT_REVOKED|certificate revoked/, 'it was revoked'],
  [/INVALID_PURPOSE|unsupported certificate purpose/, 'it is not meant for a server'],
  [/CERT_SIGNATURE_FAILURE|certificate signature failure/, 'its signature is wrong'],
  [/INVALID_CA|invalid CA certificate/, 'what issued it is no CA'],
  [/UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|SELF_SIGNED_CERT|CERT_UNTRUSTED/, NO_CA],
  [/self.signed certificate|unable to (verify the first|get (local )?issuer) certificate/, NO_CA],
]

/** An alert that the other side sent, or what the library finds by itself. */
const OF_HANDSHAKES: readonly (readonly [RegExp, string])[] = [
  [/WRONG_VERSION_NUMBER|HTTP_REQUEST/, 'that port does not speak TLS'],
  [/Does the server speak TLS/, 'that port may not speak TLS, or refuses ours'],
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/,
    'no version of TLS that both sides speak; 1.2 and 1.3 are spoken here',
  ],
  [/INAPPROPRIATE_FALLBACK/, 'the other side speaks a newer version of TLS'],
  [/CERTIFICATE_REQUIRED/, 'the other side demands a certificate of ours, which is not supported'],
  [
    /HANDSHAKE_FAILURE|NO_SHARED_CIPHER|INSUFFICIENT_SECURITY/,
    'no cipher or key that both sides take, or the other side demands a certificate of ours',
  ],
  [/ALERT_UNKNOWN_CA/, 'the other side does not trust the CA of our certificate'],
  [/ALERT_CERTIFICATE_EXPIRED/, `${REFUSED_OURS} as expired`],
  [/ALERT_CERTIFICATE_REVOKED/, `${REFUSED_OURS} as revoked`],
  [/ALERT_(BAD|UNSUPPORTED)_CERTIFICATE|ALERT_CERTIFICATE_UNKNOWN/, REFUSED_OURS],
  [/UNRECOGNIZED_NAME/, 'the other side has no certificate for that name'],
  [/ACCESS_DENIED/, 'the other side refuses this machine'],
  [/NO_APPLICATION_PROTOCOL/, 'the other side speaks another protocol over TLS'],
  [/ALERT_(CLOSE_NOTIFY|USER_CANCELLED)|disconnected before secure/, 'the other side closed the connection'],
  [/ALERT_INTERNAL_ERROR/, 'the other side reports an internal error'],
]

const ABOUT_TLS = /SSL routines|ERR_SSL_|TLS handshake|before secure TLS connection/

/** The reason alone of `error:10000418:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA`. */
const RAW_REASON = /SSL routines:[^:]*:([^\s:]+)/

function withRaw(words: string | null, code: string, message: string): string {
  const raw =
    RAW_REASON.exec(message)?.[1] ?? (NAMED.test(code) ? code : message.replace(/ altnames: .*/, ' altnames'))
  return words === null ? raw : `${words} (${raw})`
}

/** Codes of TLS; those of the system (`EPROTO`) and of packages (`ESOCKET`) say less than the message. */
const NAMED = /^[A-Z0-9]+_[A-Z0-9_]+$/
