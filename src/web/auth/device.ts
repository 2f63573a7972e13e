import { createHmac, timingSafeEqual } from 'node:crypto'
import { type CookiePlace, cookieAttributes, cookieName } from './cookies.ts'

/** As long as browsers keep a cookie at all. */
const DEVICE_SECONDS = 400 * 86_400

/** A nonce and a signature. */
export const DEVICE_FORM = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/

/**
 * The value of the cookie that marks a browser from which the user has signed in: wrong passwords from
 * elsewhere then do not slow it down. Its signature is keyed with the hash of the password, so that it
 * becomes invalid when the password changes; it grants no access by itself.
 */
export function createDevice(user: string, passwordHash: string): string {
  const nonce = crypto
    .getRandomValues(new Uint8Array(16))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
  return `${nonce}.${sign(nonce, user, passwordHash)}`
}

/**
 * The Set-Cookie line of a new device cookie, for a browser whose user has just entered, or chosen, the
 * password with this hash.
 */
export function writeDeviceCookie(user: string, passwordHash: string, place: CookiePlace): string {
  const name = cookieName('device', place)
  return `${name}=${createDevice(user, passwordHash)}; ${cookieAttributes(place)}; Max-Age=${DEVICE_SECONDS}`
}

/** Whether the user has signed in from the browser that keeps this, with the password of this hash. */
export function isDeviceOf(device: string | null, user: string, passwordHash: string): boolean {
  if (device === null || !DEVICE_FORM.test(device)) return false
  const [nonce = '', signature = ''] = device.split('.')
  return timingSafeEqual(Buffer.from(signature), Buffer.from(sign(nonce, user, passwordHash)))
}

const sign = (nonce: string, user: string, passwordHash: string) =>
  createHmac('sha256', passwordHash).update(`device\n${user}\n${nonce}`).digest('base64url')
