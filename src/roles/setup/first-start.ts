import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseStoredPassword, writeStoredPassword } from '../../domain/users/user.ts'
import type { Clock } from '../../lib/clock.ts'
import { makePrivateFolder } from '../../platform/private-files.ts'
import type { UserStore } from '../../storage/ports/store.ts'
import { createPassword, createSecret } from './password.ts'
import { keepFile, readSecretFile } from './secret-file.ts'

/** The user that is made when there is none. */
const FIRST_USER = 'admin'
const PASSPHRASE_FILE = 'passphrase'
const AGENT_KEY_FILE = 'agent-key'
const PASSWORD_FILE = 'initial-admin-password'

/**
 * Makes the folder of everything that is kept, for its owner alone, when it is not there. Throws a CommandError when
 * on Windows another user has made it.
 */
export function openDataDir(dataDir: string): void {
  makePrivateFolder(dataDir)
}

/** The passphrase that this server made itself, made now when there is none. */
export function keepPassphrase(dataDir: string): string {
  return keepFile(join(dataDir, PASSPHRASE_FILE), createSecret)
}

/** The passphrase that a server made in this folder; null when there is none. */
export function findPassphrase(dataDir: string): string | null {
  return readSecretFile(join(dataDir, PASSPHRASE_FILE))
}

/** The key of this machine's agent, made now when there is none. */
export function keepAgentKey(dataDir: string): string {
  return keepFile(join(dataDir, AGENT_KEY_FILE), createSecret)
}

/** Replaces the agent's key, which can't be undone. */
export function replaceAgentKey(dataDir: string): void {
  rmSync(join(dataDir, AGENT_KEY_FILE), { force: true })
  keepAgentKey(dataDir)
}

/**
 * Makes the user `admin` when there is no user at all. Returns its password and the file that holds it; null
 * when there are users. Of several processes that start at once only one gets it.
 */
export async function createFirstUser(
  users: UserStore,
  dataDir: string,
  clock: Clock,
): Promise<{ name: string; password: string; file: string } | null> {
  if ((await users.list()).some(({ access }) => access === 'admin')) return null
  const file = join(dataDir, PASSWORD_FILE)
  // Written before it takes effect: a crash in between must not leave an account with an unknown password.
  const password = keepFile(file, createPassword)
  // Whoever can read the folder has seen it: it lets in as far as choosing another one.
  const hash = writeStoredPassword({
    state: 'temporary',
    hash: await Bun.password.hash(password),
    expires: null,
  })
  const added = await users.add(FIRST_USER, 'admin', hash, clock.now())
  return added ? { name: FIRST_USER, password, file } : null
}

/**
 * Versions before this one did not ask the first user for a password of their own. Where that user still has the one
 * that lies in a file of the data folder, it lets in as far as choosing another one from now on, and ends the sessions
 * that were begun with it. Gives the name of the user; null when there is nothing to change.
 */
export async function expireInitialPassword(users: UserStore, dataDir: string): Promise<string | null> {
  const password = readSecretFile(join(dataDir, PASSWORD_FILE))
  if (password === null) return null
  const user = await users.find(FIRST_USER)
  if (user === null || user.passwordState !== 'own') return null
  const known = user.passwordHash
  if (!(await Bun.password.verify(password, parseStoredPassword(known).hash))) return null
  const temporary = writeStoredPassword({ state: 'temporary', hash: known, expires: null })
  return (await users.setPassword(FIRST_USER, temporary, known)) ? FIRST_USER : null
}

/** To be called when a user's password was changed or the user is gone: the first one's is kept no longer. */
export function forgetInitialPassword(dataDir: string, user: string): void {
  if (user === FIRST_USER) rmSync(join(dataDir, PASSWORD_FILE), { force: true })
}
