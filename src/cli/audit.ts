import { userInfo } from 'node:os'
import { systemClock } from '../lib/clock.ts'
import { readAccountNames } from '../platform/account-names.ts'
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

/**
 * The account that the command runs under: by its number, because the runtime reads the variable USER, which
 * anybody can set and which is not set for a timer of systemd.
 */
export function readAccount(): string {
  const uid = process.getuid?.()
  if (uid === undefined) return userInfo().username
  const name = readAccountNames('/etc/passwd').nameOf(uid)
  // In a container, or from a directory of the network, the number need not have a name here.
  return name === String(uid) ? `account ${uid}` : name
}
