import type { Preferences } from '../../domain/users/preferences.ts'
import type { SavedView } from '../../domain/users/saved-view.ts'
import type { Access, User } from '../../domain/users/user.ts'

/** Ports to users, their access and their actions. Features take them from `store.ts`. */

export type UserStore = {
  list(): Promise<User[]>
  /** `passwordHash` is what `parseStoredPassword` reads. */
  find(name: string): Promise<(User & { passwordHash: string }) | null>
  /** False when the name is taken. */
  add(name: string, access: Access, passwordHash: string, at: number): Promise<boolean>
  /**
   * Ends the user's sessions too. False, with nothing changed, when there is no such user, or when `known` is
   * given and is not the hash that is stored.
   */
  setPassword(name: string, passwordHash: string, known?: string): Promise<boolean>
  /** False when there is no such user. */
  setPreferences(name: string, preferences: Preferences): Promise<boolean>
  /**
   * `only admin`, with nothing changed, when no other user could manage users then: of two concurrent changes
   * one fails.
   */
  setAccess(
    name: string,
    access: Access,
    /**
     * The access that the caller read before: `outdated`, with nothing changed, when it is another one now.
     */
    known?: Access,
  ): Promise<'changed' | 'unknown' | 'only admin' | 'outdated'>
  /** With sessions and tokens. */
  delete(name: string): Promise<'deleted' | 'unknown' | 'only admin'>
  noteSignIn(name: string, at: number): Promise<void>
}

export type Session = {
  readonly user: string
  readonly access: Access
  readonly created: number
  readonly expires: number
  /** Present and true until the user has replaced a password that another user chose. */
  readonly mustChangePassword?: boolean
  /** Groups of hosts that a token is limited to; absent for sessions and tokens that are not. */
  readonly withinGroups?: readonly string[]
  /** Present and true for a user who signs in with a second step. */
  readonly hasSecondStep?: boolean
  /** Absent while the user has chosen nothing. */
  readonly preferences?: Preferences
}

/** Where a session was begun, as far as it is known. */
export type SessionOrigin = { readonly address: string; readonly browser: string }

/** A session as lists show it. */
export type ListedSession = SessionOrigin & {
  /** Names the session; opens nothing. */
  readonly id: string
  readonly user: string
  readonly access: Access
  readonly created: number
  readonly expires: number
}

export type SessionStore = {
  /**
   * `tokenHash` is the SHA-256 of the cookie, in hex: a stolen database opens no session. False when there is
   * no such user, or `passwordHash` is given and is not the stored one any more.
   */
  add(session: {
    readonly tokenHash: string
    readonly user: string
    readonly created: number
    readonly expires: number
    readonly origin?: SessionOrigin | undefined
    readonly passwordHash?: string | undefined
  }): Promise<boolean>
  /** Null when there is none or it ended at or before `now`. */
  find(tokenHash: string, now: number): Promise<Session | null>
  /**
   * Sessions that have not ended at `now`, newest first, at most 1000; of one user, or of all when it is
   * null.
   */
  list(user: string | null, now: number): Promise<ListedSession[]>
  extend(tokenHash: string, expires: number): Promise<void>
  delete(tokenHash: string): Promise<void>
  /** Ends the session that `list` calls so; false when there is none. */
  revoke(id: string): Promise<boolean>
  /** Removes those that ended; how many. */
  prune(now: number): Promise<number>
}

export type ApiToken = {
  readonly id: number
  readonly name: string
  readonly user: string
  /** Its access: that of the user, or less where the token was given less. */
  readonly access: Access
  /** It reads and changes only hosts that are in one of these groups, and their data; null for all hosts. */
  readonly groups: readonly string[] | null
  readonly created: number
  readonly expires: number | null
  readonly lastUsed: number | null
}

export type TokenStore = {
  add(token: {
    name: string
    user: string
    tokenHash: string
    created: number
    expires: number | null
    /** Bounds what it may do; as much as its user unless given. */
    access?: Access
    /** As of `ApiToken`; all hosts unless given. */
    groups?: readonly string[] | null
  }): Promise<number>
  list(): Promise<ApiToken[]>
  /** Null when there is none or it ended. */
  find(tokenHash: string, now: number): Promise<ApiToken | null>
  delete(id: number): Promise<boolean>
  noteUse(id: number, at: number): Promise<void>
}

/**
 * The result of saving a view: `full` for a user with the greatest number of views, `outdated` when another
 * user has changed it since the caller read it.
 */
export type ViewChange = 'done' | 'unknown' | 'taken' | 'full' | 'outdated'

/** A name is unique among the views of its owner. */
export type SavedViewStore = {
  /** The views of a user and the shared ones, in the order of their names; all views when `user` is null. */
  list(user: string | null): Promise<SavedView[]>
  find(id: number): Promise<SavedView | null>
  /** The new view's id, or the reason why there is none. `unknown`: there is no such user. */
  add(view: Omit<SavedView, 'id' | 'owner'> & { readonly owner: string }): Promise<number | ViewChange>
  /** Its owner stays. `outdated`, with nothing changed, when `isKnown` is false for what is stored. */
  update(view: Omit<SavedView, 'owner'>, isKnown?: (current: SavedView) => boolean): Promise<ViewChange>
  delete(id: number): Promise<boolean>
}

/** A change by a user. */
export type AuditEntry = {
  readonly time: number
  /** Name of the user; that of the account of the system for what was done from a shell. */
  readonly actor: string
  readonly way: 'website' | 'api' | 'shell' | 'agent'
  /** Address of the connection; empty for a shell. */
  readonly address: string
  /** The action, as `add rule`. */
  readonly action: string
  /** To what, and how; never a secret. */
  readonly detail: string
}

export type AuditQuery = {
  readonly actor?: string
  /** Part of action or detail, in any case of ASCII letters. */
  readonly search?: string
  readonly offset?: number
  /** At most 1000. */
  readonly limit?: number
}

export type AuditStore = {
  add(entry: AuditEntry): Promise<void>
  /** Newest first. */
  list(query: AuditQuery): Promise<{ total: number; entries: AuditEntry[] }>
  /** Drops at most `limit` of the older entries, the oldest first; returns how many. */
  prune(before: number, limit: number): Promise<number>
}
