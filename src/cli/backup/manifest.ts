import { isAbsolute } from 'node:path'
import { CommandError } from '../../lib/exit-codes.ts'

/** The first entry of a backup. */
export const MANIFEST = 'manifest.json'
/** The last one: `sha256sum -c` reads it. */
export const CHECKSUMS = 'SHA256SUMS'

export const FORMAT = 1
/** The largest configuration, certificate or secret; a larger file is none of these. */
export const MAX_SMALL_FILE = 1024 * 1024
export const MAX_FILES = 500

/** The purpose of a file in a backup. */
export type FileKind = 'database' | 'config' | 'data' | 'named'

export type ManifestFile = {
  /** In the archive. */
  readonly name: string
  readonly kind: FileKind
  /** Where it was, absolute. */
  readonly path: string
  readonly size: number
  readonly mode: number
  /** Names of owner and group, or their numbers where they have no names; null on Windows. */
  readonly user: string | null
  readonly group: string | null
}

export type Manifest = {
  readonly format: number
  readonly version: string
  /** Seconds since 1970. */
  readonly time: number
  readonly host: string
  readonly dataDir: string
  /** False when the database is on a server of its own, which has a backup of its own. */
  readonly hasDatabase: boolean
  readonly files: readonly ManifestFile[]
}

/** Throws `CommandError` when the text is not a manifest that this program can read. */
export function parseManifest(text: string, archive: string): Manifest {
  const refuse = (why: string) => new CommandError(`${archive} is no backup of this program: ${why}`)
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    throw refuse(`its ${MANIFEST} can't be read`)
  }
  if (!isRecord(found) || typeof found.format !== 'number') throw refuse(`its ${MANIFEST} has no format`)
  if (found.format > FORMAT)
    throw new CommandError(
      `${archive} was written by a newer program (${String(found.version)}): use that one`,
    )
  if (!isManifest(found)) throw refuse(`its ${MANIFEST} lacks something`)
  return found
}

function isManifest(value: Record<string, unknown>): value is Record<string, unknown> & Manifest {
  const { version, time, host, dataDir, hasDatabase, files } = value
  return (
    typeof version === 'string' &&
    typeof time === 'number' &&
    typeof host === 'string' &&
    typeof dataDir === 'string' &&
    isAbsolute(dataDir) &&
    typeof hasDatabase === 'boolean' &&
    Array.isArray(files) &&
    files.length <= MAX_FILES &&
    files.every(isFile)
  )
}

function isFile(value: unknown): value is ManifestFile {
  if (!isRecord(value)) return false
  const { name, kind, path, size, mode, user, group } = value
  const isOwner = (one: unknown) => one === null || (typeof one === 'string' && /^[\w.@$-]{1,64}$/.test(one))
  return (
    typeof name === 'string' &&
    (kind === 'database' || kind === 'config' || kind === 'data' || kind === 'named') &&
    typeof path === 'string' &&
    isAbsolute(path) &&
    !path.split(/[\\/]/).includes('..') &&
    typeof size === 'number' &&
    (kind === 'database' || size <= MAX_SMALL_FILE) &&
    typeof mode === 'number' &&
    isOwner(user) &&
    isOwner(group)
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
