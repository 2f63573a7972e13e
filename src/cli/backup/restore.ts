import { chmodSync, existsSync, lchownSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { CommandError } from '../../lib/exit-codes.ts'
import { readAccountNames } from '../../platform/account-names.ts'
import { makePrivateFolder, writePrivateFile } from '../../platform/private-files.ts'
import { placeCopy } from '../../storage/database/sqlite/restore.ts'
import type { Manifest, ManifestFile } from './manifest.ts'
import { readBackup } from './read.ts'

export type BackupRestoreOptions = {
  readonly file: string
  readonly askPassphrase: () => Promise<string>
  /** In place of the data folder that the backup names; null takes that one. */
  readonly dataDir: string | null
  /** In place of the configuration file that the backup names; null takes that one. */
  readonly configFile: string | null
  /** In place of the owners that the backup names; null takes those. */
  readonly owner: string | null
  readonly clock: Clock
  readonly print: (text: string) => void
}

/**
 * Brings back everything that a backup holds, after every byte of it was verified; what was there before is kept
 * beside it. Throws `CommandError`, with nothing changed, when the backup is not sound, an owner is not known here or
 * the database is in use.
 */
export async function restoreAll(options: BackupRestoreOptions): Promise<void> {
  const { file, clock, print } = options
  const drafts = new Drafts(options)
  try {
    const { manifest, small } = await readBackup({
      file,
      askPassphrase: options.askPassphrase,
      placeDatabase: (found) => drafts.placeDatabase(found),
    })
    for (const one of manifest.files) {
      const content = small.get(one.name)
      if (content !== undefined) drafts.write(one, content)
    }
    const suffix = `.before-restore-${clock.now()}`
    for (const line of drafts.exchange(suffix, clock)) print(line)
    if (!manifest.hasDatabase)
      print(
        'The database is on a server of its own and is not in this backup: restore it by the means of that server.',
      )
  } finally {
    drafts.removeLeft()
  }
}

/** Files beside the places that they will take. */
class Drafts {
  readonly #options: BackupRestoreOptions
  readonly #files: { readonly entry: ManifestFile; readonly target: string; readonly draft: string }[] = []
  #dataDir: string | null = null

  constructor(options: BackupRestoreOptions) {
    this.#options = options
  }

  placeDatabase(manifest: Manifest): string | null {
    this.#dataDir = manifest.dataDir
    // Before anything is made.
    for (const entry of manifest.files) this.#findOwner(entry)
    const entry = manifest.files.find(({ kind }) => kind === 'database')
    return entry === undefined ? null : this.#add(entry).draft
  }

  write(entry: ManifestFile, content: Uint8Array) {
    const { draft } = this.#add(entry)
    writePrivateFile(draft, content)
  }

  #add(entry: ManifestFile) {
    const target = this.#findTarget(entry)
    const draft = `${target}.restoring`
    this.#makeFolder(dirname(target), entry)
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${draft}${suffix}`, { force: true })
    const added = { entry, target, draft }
    this.#files.push(added)
    return added
  }

  #findTarget({ kind, path }: ManifestFile): string {
    const { dataDir, configFile } = this.#options
    if (kind === 'config' && configFile !== null) return configFile
    if (dataDir === null || this.#dataDir === null) return path
    const inside = relative(this.#dataDir, path)
    return inside.startsWith('..') ? path : join(dataDir, inside)
  }

  #makeFolder(folder: string, entry: ManifestFile) {
    if (existsSync(folder)) return
    this.#makeFolder(dirname(folder), entry)
    const isSecret = entry.kind === 'data' || entry.kind === 'database'
    // Only the folder of the data itself is for its owner alone; those above are everybody's way to it.
    const isOwn = isSecret && folder === (this.#options.dataDir ?? this.#dataDir)
    if (!isOwn) mkdirSync(folder, { mode: 0o755 })
    else {
      makePrivateFolder(folder)
      this.#giveToOwner(folder, entry)
    }
  }

  /**
   * Null without administrator rights: the files then keep the current owner. Throws when the owner is not
   * known here.
   */
  #findOwner({ user, group }: ManifestFile): { readonly uid: number; readonly gid: number } | null {
    const wanted = { user: this.#options.owner ?? user, group: this.#options.owner ?? group }
    if (process.platform === 'win32' || process.getuid?.() !== 0 || wanted.user === null) return null
    const uid = readAccountNames('/etc/passwd').idOf(wanted.user)
    const gid = readAccountNames('/etc/group').idOf(wanted.group ?? wanted.user)
    if (uid === null || gid === null)
      throw new CommandError(
        `the backup's files belong to ${wanted.user}:${wanted.group}, which is not an account of this machine: ` +
          'install the server first (install.sh server), or name another with --owner',
      )
    return { uid, gid }
  }

  #giveToOwner(path: string, entry: ManifestFile) {
    const owner = this.#findOwner(entry)
    if (owner !== null) lchownSync(path, owner.uid, owner.gid)
  }

  /** The database first: it is the one that may be in use. Gives a line for each file. */
  exchange(suffix: string, clock: Clock): string[] {
    for (const { entry, draft } of this.#files) {
      chmodSync(draft, entry.mode & 0o770)
      this.#giveToOwner(draft, entry)
    }
    const order = [...this.#files].sort((a, b) => rank(a.entry) - rank(b.entry))
    return order.map(({ entry, target, draft }) => {
      const kept =
        entry.kind === 'database' ? placeCopy(target, draft, clock) : exchangeSmall(target, draft, suffix)
      return `Restored ${target}${kept === null ? '' : `; what was there is ${kept}`}`
    })
  }

  removeLeft() {
    for (const { draft } of this.#files)
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${draft}${suffix}`, { force: true })
  }
}

const rank = ({ kind }: ManifestFile) => (kind === 'database' ? 0 : 1)

function exchangeSmall(target: string, draft: string, suffix: string): string | null {
  let kept: string | null = null
  if (existsSync(target) && !readFileSync(target).equals(readFileSync(draft))) {
    kept = target + suffix
    renameSync(target, kept)
  }
  renameSync(draft, target)
  return kept
}
