import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { LoadedConfig } from '../../config/load.ts'
import { CommandError } from '../../lib/exit-codes.ts'
import { describeError } from '../../lib/log.ts'
import { FULL_VERSION } from '../../lib/version.ts'
import { readAccountNames } from '../../platform/account-names.ts'
import { encryptTo } from './encryption.ts'
import {
  CHECKSUMS,
  type FileKind,
  FORMAT,
  MANIFEST,
  MAX_SMALL_FILE,
  type Manifest,
  type ManifestFile,
} from './manifest.ts'
import { fileSink, fileSource, PIECE, type Sink, withFile } from './streams.ts'
import { endTar, padTarEntry, writeTarHeader } from './tar.ts'

export type BackupOptions = {
  /** Absolute; must not exist yet. */
  readonly file: string
  readonly loaded: LoadedConfig
  /** Absolute path of the database; null when it is on a server of its own. */
  readonly databaseFile: string | null
  /** Writes a sound copy of the database there. */
  readonly copyDatabase: (file: string) => Promise<void>
  /** Null writes it in the clear. */
  readonly passphrase: string | null
  /** Seconds since 1970. */
  readonly time: number
}

/** Content of the data folder beside secrets: databases, logs, heartbeat files, releases to hand out. */
const NO_SECRET =
  /\.db($|[-.])|\.log($|\.)|^events-heartbeat$|^agent-status\.json|\.new$|\.partial$|\.restoring$|\.before-restore-/

/** Writes the backup, and returns its content. Nothing is left behind when it fails. */
export async function createBackup(options: BackupOptions): Promise<Manifest> {
  const { file, loaded, databaseFile, copyDatabase } = options
  if (existsSync(file)) throw new CommandError(`${file} exists already: a backup is never written over`)
  if (!existsSync(dirname(file))) throw new CommandError(`there is no folder ${dirname(file)}`)
  const partial = `${file}.partial`
  const copy = `${file}.database.partial`
  for (const left of [partial, copy]) rmSync(left, { force: true })
  checkWritable(partial, file)
  try {
    if (databaseFile !== null) await copyDatabase(copy)
    const small = listSmallFiles(loaded, databaseFile)
    const database = databaseFile === null ? [] : [describeDatabase(databaseFile, copy)]
    const manifest: Manifest = {
      format: FORMAT,
      version: FULL_VERSION,
      time: options.time,
      host: hostname(),
      dataDir: loaded.config.dataDir,
      hasDatabase: databaseFile !== null,
      files: [...small.map(({ entry }) => entry), ...database],
    }
    withFile(partial, 'wx', (target) => {
      const plain = fileSink(target)
      const sink = options.passphrase === null ? plain : encryptTo(plain, options.passphrase)
      writeArchive(sink, manifest, small, copy)
    })
    renameSync(partial, file)
    return manifest
  } finally {
    for (const left of [partial, copy]) rmSync(left, { force: true })
  }
}

/** Found before anything is copied, and said with the name that the user has given. */
function checkWritable(partial: string, file: string) {
  try {
    closeSync(openSync(partial, 'wx', 0o600))
    rmSync(partial)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : describeError(error)
    throw new CommandError(`${file} can't be written: the folder ${dirname(file)} takes no file (${reason})`)
  }
}

type SmallFile = { readonly entry: ManifestFile; readonly content: Uint8Array }

function listSmallFiles({ file, named, config }: LoadedConfig, databaseFile: string | null): SmallFile[] {
  const found = new Map<string, FileKind>()
  if (file !== null) found.set(file, 'config')
  for (const { file: path } of named)
    if (existsSync(path) && statSync(path).isFile() && !found.has(path)) found.set(path, 'named')
  for (const name of readdirSync(config.dataDir).sort()) {
    const path = join(config.dataDir, name)
    if (NO_SECRET.test(name) || isOfDatabase(path, databaseFile) || found.has(path)) continue
    const status = statSync(path, { throwIfNoEntry: false })
    if (status?.isFile() && status.size <= MAX_SMALL_FILE) found.set(path, 'data')
  }
  return [...found].map(([path, kind], index) => {
    const content = readFileSync(path)
    if (content.length > MAX_SMALL_FILE)
      throw new CommandError(`${path} is too large to be a secret or a configuration`)
    return {
      content,
      entry: describeFile(`${kind}/${index + 1}-${basename(path)}`.slice(0, 99), kind, path, content.length),
    }
  })
}

/** The database, its log, and what a restore has kept beside it. */
const isOfDatabase = (path: string, databaseFile: string | null) =>
  databaseFile !== null && path.startsWith(databaseFile)

const describeDatabase = (path: string, copy: string): ManifestFile =>
  describeFile('database/monitor.db', 'database', path, statSync(copy).size)

function describeFile(name: string, kind: FileKind, path: string, size: number): ManifestFile {
  const { mode, uid, gid } = statSync(path)
  const isWindows = process.platform === 'win32'
  return {
    name,
    kind,
    path,
    size,
    mode: mode & 0o777,
    user: isWindows ? null : readAccountNames('/etc/passwd').nameOf(uid),
    group: isWindows ? null : readAccountNames('/etc/group').nameOf(gid),
  }
}

function writeArchive(sink: Sink, manifest: Manifest, small: readonly SmallFile[], copy: string): void {
  const sums: string[] = []
  const { time } = manifest
  const add = (
    name: string,
    mode: number,
    size: number,
    write: (put: (bytes: Uint8Array) => void) => void,
  ) => {
    writeTarHeader(sink, { name, mode, size, time })
    const hash: Hash = createHash('sha256')
    let written = 0
    write((bytes) => {
      hash.update(bytes)
      sink.write(bytes)
      written += bytes.length
    })
    if (written !== size) throw new Error(`${name} changed its size while it was written`)
    padTarEntry(sink, size)
    sums.push(`${hash.digest('hex')}  ${name}\n`)
  }
  const addText = (name: string, text: string) => {
    const bytes = new TextEncoder().encode(text)
    add(name, 0o600, bytes.length, (put) => put(bytes))
  }
  addText(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`)
  for (const { entry, content } of small) add(entry.name, entry.mode, content.length, (put) => put(content))
  for (const { name, mode, size } of manifest.files.filter(({ kind }) => kind === 'database'))
    add(name, mode, size, (put) =>
      withFile(copy, 'r', (file) => {
        const source = fileSource(file, copy)
        for (let left = size; left > 0; left -= Math.min(left, PIECE)) put(source.read(Math.min(left, PIECE)))
      }),
    )
  addText(CHECKSUMS, sums.join(''))
  endTar(sink)
  sink.end()
}
