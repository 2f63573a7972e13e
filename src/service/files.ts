import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { CommandError } from '../lib/exit-codes.ts'
import { type ServiceOptions, writeFirstConfig } from './config.ts'
import type { Places, ServiceRole } from './paths.ts'
import { deleteAccount, ensureAccount, findAccount } from './systemd/account.ts'

/** Accounts and the rights of files, which the systems have each their own way. */
export type Files = {
  readonly platform: string
  /** Makes the account of a service when it is missing; false when it was there. */
  ensureAccount(places: Places): Promise<boolean>
  deleteAccount(places: Places): Promise<void>
  /** A file for administrators to write, for the service's account to read, and for nobody else. */
  guard(file: string, places: Places): Promise<void>
  /** The folder of all that is kept, for the service's account alone. */
  ownDataDir(folder: string, places: Places): Promise<void>
  /** The command that runs this as that user. */
  describeStart(user: string, command: readonly string[]): string
}

export const LINUX_FILES: Files = {
  platform: 'linux',
  async ensureAccount({ user, dataRoot }) {
    if ((await findAccount(user)) !== null) return false
    await ensureAccount(user, dataRoot)
    return true
  },
  deleteAccount: ({ user }) => deleteAccount(user),
  async guard(file, { user, dataRoot }) {
    const { gid } = await ensureAccount(user, dataRoot)
    chownSync(file, 0, gid)
    chmodSync(file, 0o640)
  },
  async ownDataDir(folder, { user, dataRoot }) {
    const { uid, gid } = await ensureAccount(user, dataRoot)
    if (existsSync(folder)) return
    mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
    mkdirSync(folder, { mode: 0o700 })
    chownSync(folder, uid, gid)
  },
  describeStart: (user, command) => `su -s /bin/sh ${user} -c '${command.join(' ')}'`,
}

/** The Windows service manager gives its account what it needs when a service is registered. */
export const WINDOWS_FILES: Files = {
  platform: 'win32',
  ensureAccount: async () => false,
  deleteAccount: async () => {},
  guard: async () => {},
  async ownDataDir(folder) {
    mkdirSync(folder, { recursive: true })
  },
  describeStart: (_user, command) => command.join(' '),
}

/** Makes what is missing and tells each step; what is there is never changed. */
export async function prepareFiles(
  role: ServiceRole,
  places: Places,
  files: Files,
  options: ServiceOptions,
  print: (text: string) => void,
): Promise<void> {
  const { configFile, passphraseFile, user } = places
  if (await files.ensureAccount(places)) print(`Made the user ${user}.`)
  mkdirSync(dirname(configFile), { recursive: true, mode: 0o755 })
  if (existsSync(configFile)) {
    print(`Kept the configuration ${configFile} as it is.`)
    const unused = [
      ...(options.server === null ? [] : ['--server']),
      ...(options.fingerprint === null ? [] : ['--fingerprint']),
      ...(options.passphraseFile === null ? [] : ['--passphrase-file']),
    ]
    if (unused.length > 0) print(`  So this was not used: ${unused.join(', ')}`)
    return
  }
  if (options.passphraseFile !== null) {
    const passphrase = readPassphrase(options.passphraseFile)
    writeFileSync(passphraseFile, '', { mode: 0o600 })
    chmodSync(passphraseFile, 0o600)
    writeFileSync(passphraseFile, `${passphrase}\n`)
    await files.guard(passphraseFile, places)
    print(`Copied the passphrase to ${passphraseFile}.`)
  }
  writeFileSync(configFile, writeFirstConfig(role, places, options), { mode: 0o600, flag: 'wx' })
  await files.guard(configFile, places)
  print(`Wrote the configuration ${configFile}.`)
}

function readPassphrase(file: string): string {
  let text: string
  try {
    // With the mark of UTF-8 that Windows PowerShell puts before it, which counts as white space.
    text = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new CommandError(`--passphrase-file can't be read: ${(cause as Error).message}`)
  }
  if (text === '' || text.includes('\n'))
    throw new CommandError(`${file} holds no passphrase: one line is expected`)
  return text
}

/** Removes what `prepareFiles` and the service have made. */
export async function purgeFiles(places: Places, files: Files, print: (text: string) => void): Promise<void> {
  const { configFile, passphraseFile, dataDir, configFolder, dataRoot, user } = places
  for (const path of [configFile, passphraseFile, dataDir]) {
    if (!existsSync(path)) continue
    await removeWhenFree(path)
    print(`Removed ${path}.`)
  }
  await files.deleteAccount(places)
  if (files.platform === 'linux') print(`Removed the user ${user}.`)
  for (const folder of new Set([configFolder, dataRoot])) removeIfEmpty(folder)
}

const BUSY = new Set(['EBUSY', 'EPERM', 'EACCES', 'ENOTEMPTY'])
const BUSY_ATTEMPTS = 20
const BUSY_PAUSE_MS = 250

/** On Windows nobody can delete an open file, and a service that has just stopped may hold its log for a moment yet. */
async function removeWhenFree(path: string) {
  for (let attempt = 1; ; attempt++)
    try {
      rmSync(path, { recursive: true, force: true })
      return
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (attempt === BUSY_ATTEMPTS || !BUSY.has(code)) throw error
      await Bun.sleep(BUSY_PAUSE_MS)
    }
}

function removeIfEmpty(folder: string) {
  try {
    rmdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EEXIST') throw error
  }
}
