/** What an enrolment code tells a new agent. */
export type EnrolmentInvitation = {
  /** Host name or address of the collect engine. */
  readonly host: string
  /** Its port; TLS is spoken there. */
  readonly port: number
  /** SHA-256 of its certificate, 64 hexadecimal digits: the secret is said to nobody else. */
  readonly fingerprint: string
  /**
   * True when the agent knows the server by this fingerprint from then on; false when CAs vouch for its
   * certificate, which changes now and then.
   */
  readonly isPinned: boolean
  /** What lets the agent in, once. */
  readonly secret: string
}

const PREFIX = 'mon1-'
const SECRET_BYTES = 16
const FINGERPRINT_BYTES = 32
const CHECKSUM_BYTES = 4
const HEAD_BYTES = 3 + SECRET_BYTES + FINGERPRINT_BYTES
const MAX_CODE = 500
const PINNED = 1

/** A new secret for a code: 128 random bits as text. */
export function createEnrolmentSecret(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
}

/**
 * The code as people copy it: one word of letters, digits, `-` and `_`. It holds flags, port, secret,
 * fingerprint and name, and a checksum, so that one that was cut off is told from one that is wrong.
 */
export function encodeEnrolmentCode({
  host,
  port,
  fingerprint,
  isPinned,
  secret,
}: EnrolmentInvitation): string {
  const body = Buffer.concat([
    Buffer.from([isPinned ? PINNED : 0, port >> 8, port & 0xff]),
    Buffer.from(secret, 'base64url'),
    Buffer.from(fingerprint, 'hex'),
    Buffer.from(host),
  ])
  return PREFIX + toBase64(Buffer.concat([body, checksum(body)]))
}

/** Null when the text is no code, or not all of one. White space around and in it is left out. */
export function decodeEnrolmentCode(text: string): EnrolmentInvitation | null {
  const code = text.replace(/\s+/g, '')
  if (code.length > MAX_CODE || !/^mon1-[\w-]+$/.test(code)) return null
  const bytes = Buffer.from(code.slice(PREFIX.length), 'base64url')
  const body = bytes.subarray(0, -CHECKSUM_BYTES)
  if (body.length <= HEAD_BYTES || !checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) return null
  const at = 3 + SECRET_BYTES
  return {
    isPinned: ((body[0] ?? 0) & PINNED) !== 0,
    port: body.readUInt16BE(1),
    secret: toBase64(body.subarray(3, at)),
    fingerprint: body.subarray(at, HEAD_BYTES).toString('hex'),
    host: body.subarray(HEAD_BYTES).toString(),
  }
}

function checksum(body: Uint8Array): Buffer {
  const sum = Buffer.alloc(CHECKSUM_BYTES)
  sum.writeUInt32BE(Bun.hash.crc32(body))
  return sum
}

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
