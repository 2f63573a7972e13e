import { MAX_PASSWORD, normalizePassword, parseStoredPassword } from '../../domain/users/user.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { UserStore } from '../../storage/ports/store.ts'
import { isDeviceOf } from './device.ts'
import type { NoteFailedSignIn } from './failed-sign-ins.ts'
import { createRateLimit } from './rate-limit.ts'

export type SignInResult =
  /**
   * `passwordHash` is the hash that the password was verified against: it may change before the session
   * begins.
   */
  | { readonly ok: true; readonly user: string; readonly passwordHash: string }
  /**
   * `retryAfter` in seconds when this account or address has to wait; null when name or password are wrong.
   */
  | { readonly ok: false; readonly retryAfter: number | null }

/** Where an attempt comes from. */
export type SignInOrigin = {
  readonly address: string
  /** The device cookie of an earlier sign-in; null when the browser has none. */
  readonly device: string | null
}

/** Checks a name and password, and no more: who has a second step is not in yet. */
export type SignIn = (name: string, password: string, origin: SignInOrigin) => Promise<SignInResult>

export type SignInOptions = {
  readonly users: Pick<UserStore, 'find'>
  readonly clock: Clock
  readonly log: Log
  readonly noteFailure: NoteFailedSignIn
  readonly hashPassword: HashPassword
}

/** Makes the hash of a new password, as `Bun.password.verify` reads it. */
export type HashPassword = (password: string) => Promise<string>

const MAX_NAME = 64
/** One argon2 check takes 64 MiB and a core, so only this many run at a time and this many wait. */
const CONCURRENT = 2
const WAITING = 64
/**
 * Browsers from which a user has signed in before have slots of their own: attempts from many unknown
 * addresses must not use them up.
 */
const CONCURRENT_KNOWN = 1
/** `Retry-After` of attempts that are rejected because too many wait. */
const BUSY_RETRY_SECONDS = 5

const MEMORY = { firstBlock: 30, longestBlock: 900, memory: 3600, keys: 10_000 }
/** A place (an address, or a known browser) with this many failures has to wait; no other place does. */
const PLACE_TRIES = 5
/**
 * Browsers from which no user has signed in yet share one limit per account: guessing from many places slows
 * down, and the owner of the account who uses a new browser waits a minute at most.
 */
const ACCOUNT_LIMITS = { ...MEMORY, tries: 10, firstBlock: 5, longestBlock: 60 }

export function createSignIn({ users, clock, log, noteFailure, hashPassword }: SignInOptions): SignIn {
  const accounts = createRateLimit(ACCOUNT_LIMITS)
  const places = createRateLimit({ ...MEMORY, tries: PLACE_TRIES })
  const unknownGate = createConcurrencyLimit(CONCURRENT, WAITING)
  const knownGate = createConcurrencyLimit(CONCURRENT_KNOWN, WAITING)
  let unknownUser: Promise<string> | null = null

  /**
   * An unknown name costs the same time as a wrong password, so that the time does not reveal which names
   * exist.
   */
  function hashOfNobody(): Promise<string> {
    unknownUser ??= hashPassword(crypto.randomUUID())
    return unknownUser
  }

  return async function signIn(name, password, { address, device }) {
    const account = name.slice(0, MAX_NAME).toLowerCase()
    const possible = name.length <= MAX_NAME && password.length > 0 && password.length <= MAX_PASSWORD
    const user = possible ? await users.find(name) : null
    const isKnown = user !== null && isDeviceOf(device, user.name, user.passwordHash)
    const place = isKnown ? `browser ${device}` : networkOf(address)
    const wait = Math.max(isKnown ? 0 : accounts.wait(account, clock.now()), places.wait(place, clock.now()))
    if (wait > 0) return { ok: false, retryAfter: wait }
    // Counted before the check and undone after it: many attempts at once can't bypass the limit while the
    // first ones are being checked.
    if (!isKnown) accounts.fail(account, clock.now())
    places.fail(place, clock.now())
    const stored = parseStoredPassword(user?.passwordHash ?? (await hashOfNobody()))
    const isFit = stored.state !== 'disabled' && (stored.expires === null || clock.now() < stored.expires)
    const said = stored.state === 'original' ? hashAsOriginal(password) : normalizePassword(password)
    // A password that can't be right costs the same time as one that is wrong.
    const gate = isKnown ? knownGate : unknownGate
    const verified = await gate(() => Bun.password.verify(possible && isFit ? said : '-', stored.hash))
    if (verified === 'busy') {
      if (!isKnown) accounts.undo(account)
      places.undo(place)
      return { ok: false, retryAfter: BUSY_RETRY_SECONDS }
    }
    if (!user || !verified || !isFit) {
      // The text that was entered as an unknown name may be a password.
      log.warn('sign-in failed', { user: user?.name ?? null, address })
      await noteFailure({ user: user?.name ?? null, address, why: 'wrong password' })
      return { ok: false, retryAfter: null }
    }
    // Only this attempt: else an own account would be a way to try other people's for ever.
    if (!isKnown) accounts.undo(account)
    places.undo(place)
    return { ok: true, user: user.name, passwordHash: user.passwordHash }
  }
}

/** The hash of a password as the original product stored it. */
const hashAsOriginal = (password: string) => new Bun.CryptoHasher('sha224').update(password).digest('hex')

/** One who holds an IPv6 network has 2^64 addresses: they count as one. */
export function networkOf(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  return groups.slice(0, 4).join(':')
}

/** Lets `concurrent` tasks run and `waiting` more wait; further ones get `busy` at once. */
function createConcurrencyLimit(concurrent: number, waiting: number) {
  let running = 0
  const queue: (() => void)[] = []
  return async function run<T>(task: () => Promise<T>): Promise<T | 'busy'> {
    if (running >= concurrent) {
      if (queue.length >= waiting) return 'busy'
      await new Promise<void>((resolve) => queue.push(resolve))
    } else running++
    try {
      return await task()
    } finally {
      // The place is handed to the next one without being free in between.
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}
