import { decodeBase32, encodeBase32 } from './base32.ts'

/**
 * Codes that change every half minute (RFC 6238 with SHA-1, six digits, 30 seconds: what every app speaks).
 */

const STEP_SECONDS = 30
const DIGITS = 6
/** Bytes of a secret: as long as the hash. */
const SECRET_BYTES = 20
/** Steps by which the clocks of app and server may differ. */
const TOLERANCE = 1

/** A new secret in base 32. */
export const createTotpSecret = () => encodeBase32(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))

/** The step that a time, in seconds since 1970, belongs to. */
export const totpStep = (time: number) => Math.floor(time / STEP_SECONDS)

/** The code of a step. Throws when the secret is not base 32. */
export function totpCode(secret: string, step: number): string {
  const key = decodeBase32(secret)
  if (!key || key.length === 0) throw new Error('the secret is not base 32')
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(step))
  const hash = new Bun.CryptoHasher('sha1', key).update(new Uint8Array(counter.buffer)).digest()
  const offset = (hash[hash.length - 1] ?? 0) & 15
  const number = new DataView(hash.buffer, hash.byteOffset).getUint32(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/**
 * The step whose code this is, among those around `now`; null when it is none of them. Compares every one in
 * the same time.
 */
export function findTotpStep(secret: string, code: string, now: number): number | null {
  const typed = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) return null
  let found: number | null = null
  for (let step = totpStep(now) - TOLERANCE; step <= totpStep(now) + TOLERANCE; step++) {
    const isSame = crypto.timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(typed))
    if (isSame) found = step
  }
  return found
}

/** The content of a QR code for an authenticator app. */
export function totpAddress(issuer: string, account: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`
}
