import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A ticket proves that the user's password was right a moment ago. It is not stored, so any of several
 * servers with the same database accepts it: `USER.UNTIL.NONCE.MAC`, where the key of the MAC is the hash of
 * the password, which no client knows and which changes with the password.
 */
export type Ticket = {
  readonly user: string
  /** Seconds since 1970. */
  readonly until: number
  /** Tells it from others of the same second. */
  readonly nonce: string
}

const MAX_LENGTH = 1000

/** `nonce` is random, of letters, digits, `-` and `_`. */
export function writeTicket(ticket: Ticket, passwordHash: string): string {
  const name = Buffer.from(ticket.user).toString('base64url')
  return `${name}.${ticket.until}.${ticket.nonce}.${macOf(ticket, passwordHash).toString('base64url')}`
}

/** The content of a ticket before `isTicketOf` has verified it; null when the text is not a ticket. */
export function readTicket(text: string): Ticket | null {
  if (text.length > MAX_LENGTH) return null
  const [, name, until, nonce] = /^([\w-]+)\.(\d{1,15})\.([\w-]{1,64})\.[\w-]{43}$/.exec(text) ?? []
  if (name === undefined || until === undefined || nonce === undefined) return null
  return { user: Buffer.from(name, 'base64url').toString(), until: Number(until), nonce }
}

export function isTicketOf(text: string, ticket: Ticket, passwordHash: string): boolean {
  const given = Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url')
  const wanted = macOf(ticket, passwordHash)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

const macOf = ({ user, until, nonce }: Ticket, passwordHash: string) =>
  createHmac('sha256', passwordHash).update(`sign-in ticket ${until} ${nonce} ${user}`).digest()
