import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { describeError } from '../lib/log.ts'
import { refuseForeignOwner } from '../platform/private-files.ts'
import { openGuard } from '../platform/win32/access.ts'
import { describeValues, fillIn, type ServiceOptions, writeFirstConfig } from './config.ts'
import type { Places, ServiceRole } from './paths.ts'
import { deleteAccount, ensureAccount, findAccount } from './systemd/account.ts'

/** Accounts and the rights of files, which the systems have each their own way. */
export type Files = {
  readonly platform: string
  /** Makes the account of a service when it is missing; false when it was there. */
  ensureAccount(places: Places): Promise<boolean>
  /** False when there was none. */
  deleteAccount(places: Places): Promise<boolean>
  /**
   * Throws a CommandError when another user has made any of these files or folders, who could change it then. What
   * is not there is fine.
   */
  refuseForeign(paths: readonly string[]): Promise<void>
  /**
   * The folder of all configurations, which everybody may list, but without reading the protected files in
   * it.
   */
  ownConfigFolder(folder: string): Promise<void>
  /** A file that administrators write, the service's account reads, and nobody else. */
  guard(file: string, places: Places): Promise<void>
  /** The folder of all data, for the service's account alone. */
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
  // Only root can make anything in these folders.
  refuseForeign: async () => {},
  async ownConfigFolder(folder) {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
  },
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

/**
 * The account is one of Windows' own. Ordinary users may make folders in `%ProgramData%`, and can read new
 * files there.
 */
export const WINDOWS_FILES: Files = {
  platform: 'win32',
  ensureAccount: async () => false,
  deleteAccount: async () => false,
  async refuseForeign(paths) {
    for (const path of paths) {
      const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
      if (isLink) throw new CommandError(`${path} is a link to another place: remove it`, EXIT.config)
      refuseForeignOwner(path)
    }
  },
  async ownConfigFolder(folder) {
    mkdirSync(folder, { recursive: true })
    openGuard()(folder, 'read')
  },
  async guard(file) {
    openGuard()(file, 'read')
  },
  async ownDataDir(folder) {
    refuseForeignOwner(folder)
    mkdirSync(folder, { recursive: true })
    openGuard()(folder, 'write')
  },
  describeStart: (_user, command) => command.join(' '),
}

type Preparation = {
  readonly role: ServiceRole
  readonly files: Files
  readonly load: (file: string) => LoadedConfig
  readonly hasPassphrase: (dataDir: string) => boolean
  readonly print: (text: string) => void
}

/**
 * Makes what is missing and reports each step; in an existing configuration only missing settings are filled
 * in.
 */
export async function prepareFiles(
  preparation: Preparation,
  places: Places,
  options: ServiceOptions,
): Promise<void> {
  const { role, files, print } = preparation
  const { configFile, configFolder, dataRoot, dataDir, passphraseFile, user } = places
  await files.refuseForeign([configFolder, dataRoot, dataDir, configFile, passphraseFile])
  const isThere = existsSync(configFile)
  // A configuration that can't be read is refused here, before anything is written.
  const missing = isThere ? chooseUnset(preparation, places, options) : options
  const passphrase = missing.passphraseFile === null ? null : readPassphrase(missing.passphraseFile)
  if (await files.ensureAccount(places)) print(`Made the user ${user}.`)
  if (dirname(configFile) === configFolder) await files.ownConfigFolder(configFolder)
  else mkdirSync(dirname(configFile), { recursive: true, mode: 0o755 })
  if (passphrase !== null) await copyPassphrase(passphrase, places, files, print)
  if (!isThere) {
    await writeGuarded(configFile, writeFirstConfig(role, places, options), places, files)
    print(`Wrote the configuration ${configFile}.`)
    return
  }
  const values = describeValues(role, places, missing)
  if (values.size > 0) {
    await writeGuarded(configFile, fillIn(readFileSync(configFile, 'utf8'), values), places, files)
    print(`Set what ${configFile} did not set yet: ${[...values.keys()].join(', ')}`)
  } else print(`Kept the configuration ${configFile} as it is.`)
  const unused = OPTION_NAMES.filter(([name]) => options[name] !== null && missing[name] === null)
  if (unused.length > 0)
    print(`  It sets this already, so this was not used: ${unused.map(([, option]) => option).join(', ')}`)
}

const OPTION_NAMES = [
  ['server', '--server'],
  ['fingerprint', '--fingerprint'],
  ['passphraseFile', '--passphrase-file'],
] as const

/** Of the options those whose setting is still unset in the configuration. */
function chooseUnset(
  { role, load, hasPassphrase }: Preparation,
  { configFile }: Places,
  { server, fingerprint, passphraseFile }: ServiceOptions,
): ServiceOptions {
  const { config, origins } = load(configFile)
  const isUnset = (key: string) => origins.get(key) === 'default'
  const lacksPassphrase =
    isUnset(role === 'agent' ? 'agent.passphrase' : 'collect.passphrase') && !hasPassphrase(config.dataDir)
  return {
    server: isUnset('agent.server') ? server : null,
    fingerprint: isUnset('agent.fingerprint') ? fingerprint : null,
    passphraseFile: lacksPassphrase ? passphraseFile : null,
  }
}

async function copyPassphrase(
  passphrase: string,
  places: Places,
  files: Files,
  print: (text: string) => void,
): Promise<void> {
  const { passphraseFile } = places
  await writeGuarded(passphraseFile, `${passphrase}\n`, places, files)
  print(`Copied the passphrase to ${passphraseFile}.`)
}

/** The file is never seen half written, and is never readable for others. */
async function writeGuarded(file: string, text: string, places: Places, files: Files): Promise<void> {
  const draft = `${file}.${process.pid}.new`
  try {
    writeFileSync(draft, '', { mode: 0o600, flag: 'wx' })
    // Protected while it is empty: a program that opened it in between could read what is written later.
    await files.guard(draft, places)
    writeFileSync(draft, text, { flush: true })
    renameSync(draft, file)
  } finally {
    rmSync(draft, { force: true })
  }
}

function readPassphrase(file: string): string {
  let text: string
  try {
    // With the mark of UTF-8 that Windows PowerShell puts before it, which counts as white space.
    text = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new CommandError(`--passphrase-file can't be read: ${describeError(cause)}`)
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
  if (await files.deleteAccount(places)) print(`Removed the user ${user}.`)
  for (const folder of new Set([configFolder, dataRoot])) {
    removeIfEmpty(folder)
    const left = existsSync(folder) ? readdirSync(folder).sort() : []
    if (left.length > 0) print(`Left ${folder}, which holds what is not of this service: ${left.join(', ')}`)
  }
}

const BUSY = new Set(['EBUSY', 'EPERM', 'EACCES', 'ENOTEMPTY'])
const BUSY_ATTEMPTS = 20
const BUSY_PAUSE_MS = 250

/**
 * On Windows an open file can't be deleted, and a service that has just stopped may still hold its log for a
 * moment.
 */
async function removeWhenFree(path: string) {
  for (let attempt = 1; ; attempt++)
    try {
      removeTree(path)
      return
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (attempt === BUSY_ATTEMPTS || !BUSY.has(code)) throw error
      await Bun.sleep(BUSY_PAUSE_MS)
    }
}

/**
 * Removes a file, or a folder with all that is in it; of a link only itself. What is gone already is fine. Not by the
 * recursive `rmSync`, which under Wine fails for every file and folder (EFAULT, Bun 1.4.5).
 */
function removeTree(path: string) {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isDirectory()) {
    rmSync(path, { force: true })
    return
  }
  for (const name of readdirSync(path)) removeTree(join(path, name))
  rmdirSync(path)
}

function removeIfEmpty(folder: string) {
  try {
    rmdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EEXIST') throw error
  }
}
