import { userInfo } from 'node:os'
import { systemClock } from '../lib/clock.ts'
import type { AuditStore } from '../storage/ports/store.ts'

/** Writes into the audit log what was changed from a shell, under the name of the account that did it. */
export function noteShellChange(audit: AuditStore, action: string, detail: string): Promise<void> {
  return audit.add({
    time: systemClock.now(),
    actor: readAccount(),
    way: 'shell',
    address: '',
    action,
    detail,
  })
}

/** The account that the command runs under. */
export function readAccount(): string {
  try {
    return userInfo().username
  } catch {
    // In a container the number of the account need not have a name.
    return `account ${process.getuid?.() ?? 'unknown'}`
  }
}
