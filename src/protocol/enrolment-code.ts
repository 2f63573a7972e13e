/** The content of an enrolment code for a new agent. */
export type EnrolmentInvitation = {
  /** Host name or address of the collect engine. */
  readonly host: string
  /** Its port; TLS is spoken there. */
  readonly port: number
  /** SHA-256 of its certificate, 64 hexadecimal digits: the secret is sent to no other server. */
  readonly fingerprint: string
  /**
   * True when the agent knows the server by this fingerprint from then on; false when CAs vouch for its
   * certificate, which changes now and then.
   */
  readonly isPinned: boolean
  /**
   * SHA-256 of the list of checksums of the releases that the server hands out, 64 hexadecimal digits; null for none.
   * The install script verifies by it what it installs.
   */
  readonly releases: string | null
  /** The secret that lets the agent join, once. */
  readonly secret: string
}

const PREFIX = 'mon1-'
const SECRET_BYTES = 16
const FINGERPRINT_BYTES = 32
const CHECKSUM_BYTES = 4
const HEAD_BYTES = 3 + SECRET_BYTES + FINGERPRINT_BYTES
const MAX_CODE = 500
const PINNED = 1
/** SHA-256 of the releases stands behind the fingerprint. The install scripts know this place, too. */
const WITH_RELEASES = 2

/** A new secret for a code: 128 random bits as text. */
export function createEnrolmentSecret(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
}

/**
 * The code as people copy it: one word of letters, digits, `-` and `_`. It contains flags, port, secret,
 * fingerprint, perhaps the checksum of the releases, and name, and a checksum of itself, which distinguishes
 * a code that was cut off from a wrong one.
 */
export function encodeEnrolmentCode({
  host,
  port,
  fingerprint,
  isPinned,
  releases,
  secret,
}: EnrolmentInvitation): string {
  const body = Buffer.concat([
    Buffer.from([(isPinned ? PINNED : 0) | (releases === null ? 0 : WITH_RELEASES), port >> 8, port & 0xff]),
    Buffer.from(secret, 'base64url'),
    Buffer.from(fingerprint, 'hex'),
    Buffer.from(releases ?? '', 'hex'),
    Buffer.from(host),
  ])
  return PREFIX + toBase64(Buffer.concat([body, checksum(body)]))
}

/** Null when the text is not a code, or not all of one. White space around and in it is ignored. */
export function decodeEnrolmentCode(text: string): EnrolmentInvitation | null {
  const code = text.replace(/\s+/g, '')
  if (code.length > MAX_CODE || !/^mon1-[\w-]+$/.test(code)) return null
  const bytes = Buffer.from(code.slice(PREFIX.length), 'base64url')
  const body = bytes.subarray(0, -CHECKSUM_BYTES)
  if (body.length <= HEAD_BYTES || !checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) return null
  const at = 3 + SECRET_BYTES
  const flags = body[0] ?? 0
  const end = HEAD_BYTES + ((flags & WITH_RELEASES) === 0 ? 0 : FINGERPRINT_BYTES)
  if (body.length <= end) return null
  return {
    isPinned: (flags & PINNED) !== 0,
    port: body.readUInt16BE(1),
    secret: toBase64(body.subarray(3, at)),
    fingerprint: body.subarray(at, HEAD_BYTES).toString('hex'),
    releases: end === HEAD_BYTES ? null : body.subarray(HEAD_BYTES, end).toString('hex'),
    host: body.subarray(end).toString(),
  }
}

function checksum(body: Uint8Array): Buffer {
  const sum = Buffer.alloc(CHECKSUM_BYTES)
  sum.writeUInt32BE(Bun.hash.crc32(body))
  return sum
}

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
