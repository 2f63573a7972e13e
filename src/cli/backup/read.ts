import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { CommandError } from '../../lib/exit-codes.ts'
import { decryptFrom, isEncrypted } from './encryption.ts'
import { CHECKSUMS, MANIFEST, MAX_SMALL_FILE, type Manifest, parseManifest } from './manifest.ts'
import { fileSource, type Source, withFile } from './streams.ts'
import { readTarContent, readTarHeader } from './tar.ts'

export type ReadOptions = {
  readonly file: string
  /** Asked for only when the backup is encrypted. */
  readonly askPassphrase: () => Promise<string>
  /** The file for the database, once the content of the backup is known; null leaves the database out. */
  readonly placeDatabase: (manifest: Manifest) => string | null
}

export type BackupContents = {
  readonly manifest: Manifest
  /** By the names in the archive, all but the database. */
  readonly small: ReadonlyMap<string, Uint8Array>
}

/** Reads the whole of a backup and holds every byte to its checksum. Throws `CommandError` when anything is wrong. */
export async function readBackup({
  file,
  askPassphrase,
  placeDatabase,
}: ReadOptions): Promise<BackupContents> {
  const beginning = withFile(file, 'r', (open) => {
    const source = fileSource(open, file)
    return source.isAtEnd() ? new Uint8Array(0) : Uint8Array.from(readUpTo(source, 32))
  })
  if (!isEncrypted(beginning) && !startsWithManifest(beginning))
    throw new CommandError(`${file} is no backup of this program: it does not begin like one`)
  const passphrase = isEncrypted(beginning) ? await askPassphrase() : null
  return withFile(file, 'r', (open) => {
    const plain = fileSource(open, file)
    const source = passphrase === null ? plain : decryptFrom(plain, passphrase, file)
    return readArchive(source, file, placeDatabase)
  })
}

/** A tar begins with the name of its first entry. */
const startsWithManifest = (beginning: Uint8Array) =>
  new TextDecoder().decode(beginning.subarray(0, MANIFEST.length)) === MANIFEST

function readUpTo(source: Source, count: number): Uint8Array {
  try {
    return source.read(count)
  } catch {
    return new Uint8Array(0)
  }
}

function readArchive(
  source: Source,
  file: string,
  placeDatabase: ReadOptions['placeDatabase'],
): BackupContents {
  const sums: string[] = []
  const small = new Map<string, Uint8Array>()
  let manifest: Manifest | null = null
  let checksums: string | null = null
  for (;;) {
    const entry = readTarHeader(source, file)
    if (entry === null) break
    const { name, size } = entry
    if (manifest === null && name !== MANIFEST)
      throw new CommandError(`${file} is no backup of this program: it does not begin with ${MANIFEST}`)
    const declared = manifest?.files.find((one) => one.name === name)
    const isOwn = name === MANIFEST || name === CHECKSUMS
    if (!isOwn && declared?.size !== size)
      throw new CommandError(`${file} is damaged: ${name} is not as it was declared`)
    const hash = createHash('sha256')
    if (declared?.kind === 'database' && manifest !== null)
      copyDatabase(source, size, placeDatabase(manifest), (bytes) => hash.update(bytes))
    else {
      if (size > MAX_SMALL_FILE) throw new CommandError(`${file} is damaged: ${name} is too large`)
      const content = readSmall(source, size)
      hash.update(content)
      if (name === MANIFEST) manifest = parseManifest(new TextDecoder().decode(content), file)
      else if (name === CHECKSUMS) checksums = new TextDecoder().decode(content)
      else small.set(name, content)
    }
    if (name !== CHECKSUMS) sums.push(`${hash.digest('hex')}  ${name}\n`)
  }
  if (manifest === null || checksums !== sums.join(''))
    throw new CommandError(`${file} is damaged: its content is not what ${CHECKSUMS} in it says`)
  // One for the manifest itself.
  if (sums.length !== manifest.files.length + 1) throw new CommandError(`${file} is damaged: it lacks files`)
  return { manifest, small }
}

function readSmall(source: Source, size: number): Uint8Array {
  const content = new Uint8Array(size)
  let at = 0
  readTarContent(source, size, (bytes) => {
    content.set(bytes, at)
    at += bytes.length
  })
  return content
}

function copyDatabase(
  source: Source,
  size: number,
  target: string | null,
  note: (bytes: Uint8Array) => void,
): void {
  const open = target === null ? null : openSync(target, 'wx', 0o600)
  try {
    readTarContent(source, size, (bytes) => {
      note(bytes)
      for (let at = 0; open !== null && at < bytes.length; ) at += writeSync(open, bytes, at)
    })
    if (open !== null) fsyncSync(open)
  } finally {
    if (open !== null) closeSync(open)
  }
}
