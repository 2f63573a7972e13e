import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import installPs1 from '../../../install.ps1' with { type: 'text' }
import installSh from '../../../install.sh' with { type: 'text' }
import type { Log } from '../../lib/log.ts'
import { TAR_BLOCK, tarHeader, tarPadding } from '../../lib/tar-header.ts'
import { FULL_VERSION, IS_COMPILED } from '../../lib/version.ts'
import type { InstallScript, Releases } from '../../web/http/releases.ts'

/** In the data folder: releases that an administrator laid there. */
const FOLDER = 'releases'
/** In the data folder: the archive of the program that runs. */
const OWN_FOLDER = 'own-release'

/** The checksums of all; one that an administrator laid there, with its signature, comes before the one made here. */
const ALL_SUMS = 'SHA256SUMS'

const isOffered = (name: string) => NAME.test(name) && !/\.sha256$|^SHA256SUMS/.test(name)

const NAME = /^[A-Za-z0-9][\w.-]{0,100}$/

const SCRIPTS: Readonly<Record<InstallScript, string>> = {
  'install.sh': installSh,
  'install.ps1': installPs1,
}

/** The releases that a server hands out to machines that join: its own, and those in `data_dir/releases`. */
export function openReleases(dataDir: string, log: Log): Releases {
  const own = IS_COMPILED ? describeOwn(dataDir) : null
  let making: Promise<void> | null = null
  const sums = new Map<string, string>()

  async function find(name: string): Promise<string | null> {
    if (!NAME.test(name)) return null
    const laid = join(dataDir, FOLDER, name)
    if (isFile(laid)) return laid
    const file = own?.files.get(name)
    if (own === null || file === undefined) return null
    making ??= makeOwn(own, log).catch((error) => {
      making = null
      throw error
    })
    await making
    return file
  }

  async function sum(file: string): Promise<string> {
    const { size, mtimeMs } = statSync(file)
    const key = `${file} ${size} ${mtimeMs}`
    const found = sums.get(key) ?? (await hashFile(file))
    sums.set(key, found)
    return found
  }

  /** In the format of `sha256sum`: all files of the folder, and its own release. */
  async function listSums(): Promise<string> {
    const folder = join(dataDir, FOLDER)
    const laid = existsSync(folder) ? readdirSync(folder) : []
    const names = new Set([...laid, ...(own?.files.keys() ?? [])].filter(isOffered))
    const lines: string[] = []
    for (const name of [...names].sort()) {
      const file = await find(name)
      if (file !== null) lines.push(`${await sum(file)}  ${name}\n`)
    }
    return lines.join('')
  }

  return {
    async open(name) {
      const file = await find(name)
      if (file !== null)
        return new Response(Bun.file(file), { headers: { 'content-type': 'application/octet-stream' } })
      if (name === ALL_SUMS)
        return new Response(await listSums(), { headers: { 'content-type': 'text/plain' } })
      const of = name.endsWith('.sha256') ? name.slice(0, -'.sha256'.length) : null
      const archive = of === null ? null : await find(of)
      if (archive === null) return null
      return new Response(`${await sum(archive)}  ${of}\n`, { headers: { 'content-type': 'text/plain' } })
    },
    async sumUp() {
      const signed = await find(ALL_SUMS)
      return signed === null
        ? new Bun.CryptoHasher('sha256').update(await listSums()).digest('hex')
        : sum(signed)
    },
    has: (name) => isFile(join(dataDir, FOLDER, name)) || own?.files.has(name) === true,
    writeScript(script, base, pin) {
      const text = SCRIPTS[script]
      if (script === 'install.ps1')
        return text.replace(/^\$ServedFrom = ''$/m, () => `$ServedFrom = '${base}'`)
      return text
        .replace(/^SERVED_FROM=''$/m, () => `SERVED_FROM='${base}'`)
        .replace(/^SERVED_PIN=''$/m, () => `SERVED_PIN='${pin ?? ''}'`)
    },
  }
}

type OwnRelease = {
  readonly folder: string
  /** The place of each archive, by the name that machines ask for. */
  readonly files: ReadonlyMap<string, string>
}

/** Null on Windows, whose archive is another one: it can be laid into the folder of releases. */
function describeOwn(dataDir: string): OwnRelease | null {
  if (process.platform !== 'linux') return null
  const folder = join(dataDir, OWN_FOLDER)
  const version = FULL_VERSION.replace(/[^\w.+-]+/g, '-')
  const modified = statSync(process.execPath).mtimeMs
  const names = Object.keys(PACKERS).map(
    (suffix) => `monitor-linux-${process.arch}${isMusl() ? '-musl' : ''}.tar.${suffix}`,
  )
  return {
    folder,
    files: new Map(names.map((name) => [name, join(folder, `${version}-${modified}-${name}`)])),
  }
}

/** The name of the loader is at the beginning of the executable. */
function isMusl(): boolean {
  const file = openSync(process.execPath, 'r')
  try {
    const head = Buffer.alloc(8192)
    readSync(file, head)
    return head.includes('/ld-musl-')
  } finally {
    closeSync(file)
  }
}

/**
 * What every system unpacks, and what is an eighth smaller for those that have zstd. Level 9 takes three seconds; what is
 * above it takes ten times as long for 1 %, and xz, a quarter smaller, is nothing that the runtime can write.
 */
const PACKERS = {
  gz: () => createGzip({ level: 6 }),
  zst: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 9 } }),
} as const

/** Made once for each version, in pieces: the executable is never whole in memory. */
async function makeOwn({ folder, files }: OwnRelease, log: Log): Promise<void> {
  const wanted = [...files.values()]
  if (wanted.every(isFile)) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const old of readdirSync(folder)) rmSync(join(folder, old), { force: true })
  const began = performance.now()
  await Promise.all(wanted.map(packOwn))
  log.info('packed the own release for machines that join', {
    files: wanted.join(', '),
    ms: Math.round(performance.now() - began),
  })
}

async function packOwn(file: string): Promise<void> {
  const draft = `${file}.partial`
  const { size } = statSync(process.execPath)
  async function* parts() {
    yield tarHeader({ name: 'monitor', mode: 0o755, size, time: 0 })
    yield* createReadStream(process.execPath, { highWaterMark: 256 * 1024 })
    yield Buffer.alloc(tarPadding(size) + 2 * TAR_BLOCK)
  }
  const packer = file.endsWith('.zst') ? PACKERS.zst() : PACKERS.gz()
  await pipeline(Readable.from(parts()), packer, createWriteStream(draft, { mode: 0o600 }))
  renameSync(draft, file)
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), hash)
  return hash.digest('hex')
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()
