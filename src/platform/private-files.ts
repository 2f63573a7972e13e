import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { type Guard, openGuard } from './win32/access.ts'
import { isTrustedOwner, type Owners, openOwners } from './win32/owner.ts'

/** Windows calls that stand in for file modes, which have no meaning there; opened when first used. */
let windows: { readonly guard: Guard; readonly owners: Owners } | null = null

function findWindows(): typeof windows {
  if (process.platform === 'win32') windows ??= { guard: openGuard(), owners: openOwners() }
  return windows
}

/**
 * Makes a folder, and those above it, for its owner alone (on Windows for administrators and services, too). One that
 * is there keeps its rights. Throws a CommandError when on Windows another user has made it.
 */
export function makePrivateFolder(folder: string): void {
  refuseForeignOwner(folder)
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) findWindows()?.guard(folder, 'own')
}

/**
 * Writes a file that must not exist yet, for its owner alone (on Windows for administrators and services,
 * too). It is protected while it is still empty: a program that opened it in between could read what is
 * written later.
 */
export function writePrivateFile(file: string, content: string | Uint8Array): void {
  writeFileSync(file, '', { mode: 0o600, flag: 'wx' })
  findWindows()?.guard(file, 'own')
  writeFileSync(file, content, { flush: true })
}

/**
 * Throws a CommandError when a Windows user who is not an administrator has made a file or folder: an owner
 * may always change who may write, and ordinary users may make folders in `%ProgramData%`. Passes when
 * nothing is there, and on other systems, where nobody else can write.
 */
export function refuseForeignOwner(path: string): void {
  const owners = existsSync(path) ? findWindows()?.owners : undefined
  if (owners === undefined) return
  const owner = owners.find(path)
  if (!isTrustedOwner(owner, owners.own))
    throw new CommandError(
      `${path} was made by another user (${owner}), who could change what is kept there: look what it is, then remove ` +
        `it, or give it to the administrators with takeown /a /r /f "${path}"`,
      EXIT.config,
    )
}
