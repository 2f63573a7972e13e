import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { AuditStore } from '../../storage/ports/store.ts'

export type FailedSignIn = {
  /** Null for an unknown name: the user may have typed a password as the name. */
  readonly user: string | null
  readonly address: string
  readonly why: 'wrong password' | 'wrong code'
}

/** Writes failed sign-ins into the audit log. Never rejects. */
export type NoteFailedSignIn = (failed: FailedSignIn) => Promise<void>

export type FailedSignInsOptions = {
  readonly audit: Pick<AuditStore, 'add'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * So many in an hour are noted: an attack must not bury what people did, nor fill the disk. The server's log
 * has all of them.
 */
const MOST_IN_AN_HOUR = 100
/** No user can have this name. */
const NOBODY = '–'

export function createFailedSignIns({ audit, clock, log }: FailedSignInsOptions): NoteFailedSignIn {
  let hour = 0
  let noted = 0

  return async ({ user, address, why }) => {
    const time = clock.now()
    if (Math.floor(time / 3600) !== hour) {
      hour = Math.floor(time / 3600)
      noted = 0
    }
    if (noted >= MOST_IN_AN_HOUR) return
    noted++
    const reason = user === null ? 'unknown name' : why
    const more = noted === MOST_IN_AN_HOUR ? '; further ones of this hour are only in the server log' : ''
    try {
      await audit.add({
        time,
        actor: user ?? NOBODY,
        way: 'website',
        address,
        action: 'fail to sign in',
        detail: reason + more,
      })
    } catch (error) {
      log.error('a failed sign-in is missing in the audit log', { error })
    }
  }
}
