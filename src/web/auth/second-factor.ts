import { encodeBase32 } from '../../lib/base32.ts'
import type { Clock } from '../../lib/clock.ts'
import { hashToken } from '../../lib/hash-token.ts'
import type { Log } from '../../lib/log.ts'
import { findTotpStep } from '../../lib/totp.ts'
import type { SecondFactorStore, UserStore } from '../../storage/ports/store.ts'
import type { NoteFailedSignIn } from './failed-sign-ins.ts'
import { createRateLimit } from './rate-limit.ts'
import { networkOf } from './sign-in.ts'
import { isTicketOf, readTicket, writeTicket } from './sign-in-ticket.ts'

/** The user whose password was right, and the hash that it was verified against. */
export type SignedIn = { readonly user: string; readonly passwordHash: string }

export type CodeResult =
  | (SignedIn & { readonly ok: true; readonly kind: 'app' | 'recovery' })
  /** The password has to be given again: it is too long ago, or another one by now. */
  | { readonly ok: false; readonly reason: 'gone' }
  | { readonly ok: false; readonly reason: 'wrong' }
  | { readonly ok: false; readonly reason: 'wait'; readonly retryAfter: number }

/** The second step of signing in, for those who switched it on. */
export type SecondStep = {
  isWanted(user: string): Promise<boolean>
  /** A ticket for one whose password was right, to be handed in with the code. */
  hold(signedIn: SignedIn): string
  /** Takes each code once. The ticket ends with the right code, or after some minutes. */
  check(ticket: string, code: string, address: string): Promise<CodeResult>
}

export type SecondStepOptions = {
  readonly store: SecondFactorStore
  readonly users: Pick<UserStore, 'find'>
  readonly clock: Clock
  readonly log: Log
  readonly noteFailure: NoteFailedSignIn
}

/** Seconds between the password and the code. */
const PATIENCE = 300
/**
 * Tickets that are remembered as used up; with them a code of the next half minute would open a second
 * session.
 */
const MAX_USED = 1000
const MEMORY = { firstBlock: 30, longestBlock: 900, memory: 3600, keys: 10_000 }
const ACCOUNT_TRIES = 5
const ADDRESS_TRIES = 20

export function createSecondStep({ store, users, clock, log, noteFailure }: SecondStepOptions): SecondStep {
  const used = new Set<string>()
  // Of its own: the password being right forgives wrong passwords, but no wrong codes.
  const accounts = createRateLimit({ ...MEMORY, tries: ACCOUNT_TRIES })
  const addresses = createRateLimit({ ...MEMORY, tries: ADDRESS_TRIES })

  async function findHeld(text: string): Promise<SignedIn | null> {
    const ticket = readTicket(text)
    if (ticket === null || clock.now() >= ticket.until || used.has(text)) return null
    const user = await users.find(ticket.user)
    if (!user || !isTicketOf(text, ticket, user.passwordHash)) return null
    return { user: user.name, passwordHash: user.passwordHash }
  }

  function useUp(ticket: string) {
    const [oldest] = used
    if (oldest !== undefined && used.size >= MAX_USED) used.delete(oldest)
    used.add(ticket)
  }

  async function take(user: string, code: string): Promise<'app' | 'recovery' | null> {
    const factor = await store.find(user)
    if (!factor) return null
    const step = findTotpStep(factor.secret, code, clock.now())
    if (step !== null) return (await store.takeStep(user, step)) ? 'app' : null
    return (await store.takeRecovery(user, hashRecoveryCode(code))) ? 'recovery' : null
  }

  return {
    isWanted: async (user) => (await store.find(user)) !== null,

    hold({ user, passwordHash }) {
      return writeTicket({ user, until: clock.now() + PATIENCE, nonce: crypto.randomUUID() }, passwordHash)
    },

    async check(ticket, code, address) {
      const held = await findHeld(ticket)
      if (held === null) return { ok: false, reason: 'gone' }
      const { user, passwordHash } = held
      const account = user.toLowerCase()
      const origin = networkOf(address)
      const wait = Math.max(accounts.wait(account, clock.now()), addresses.wait(origin, clock.now()))
      if (wait > 0) return { ok: false, reason: 'wait', retryAfter: wait }
      accounts.fail(account, clock.now())
      addresses.fail(origin, clock.now())
      const kind = await take(user, code)
      if (kind === null) {
        log.warn('sign-in failed: wrong code', { user, address })
        await noteFailure({ user, address, why: 'wrong code' })
        return { ok: false, reason: 'wrong' }
      }
      useUp(ticket)
      accounts.forgive(account)
      addresses.undo(origin)
      return { ok: true, user, passwordHash, kind }
    },
  }
}

const RECOVERY_CODES = 10
/** 80 bits: more than anybody tries, so that a quick hash keeps them. */
const RECOVERY_BYTES = 10

/** New recovery codes for the user to write down, and their hashes, which are stored. */
export function createRecoveryCodes(): {
  readonly codes: readonly string[]
  readonly hashes: readonly string[]
} {
  const codes = Array.from({ length: RECOVERY_CODES }, () => {
    const letters = encodeBase32(crypto.getRandomValues(new Uint8Array(RECOVERY_BYTES))).toLowerCase()
    return letters.match(/.{4}/g)?.join('-') ?? letters
  })
  return { codes, hashes: codes.map(hashRecoveryCode) }
}

/** However it was typed. */
const hashRecoveryCode = (code: string) => hashToken(code.toLowerCase().replace(/[\s-]/g, '').slice(0, 100))
