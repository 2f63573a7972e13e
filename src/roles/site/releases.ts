import { createHash, X509Certificate } from 'node:crypto'
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
import { createGzip } from 'node:zlib'
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

/** What a server hands out to machines that join: its own release, and those in `data_dir/releases`. */
export function openReleases(dataDir: string, log: Log): Releases {
  const own = IS_COMPILED ? describeOwn(dataDir) : null
  let making: Promise<string> | null = null
  const sums = new Map<string, string>()

  async function find(name: string): Promise<string | null> {
    if (!NAME.test(name)) return null
    const laid = join(dataDir, FOLDER, name)
    if (isFile(laid)) return laid
    if (own === null || name !== own.archive) return null
    making ??= makeOwn(own, log).catch((error) => {
      making = null
      throw error
    })
    return making
  }

  async function sum(file: string): Promise<string> {
    const { size, mtimeMs } = statSync(file)
    const key = `${file} ${size} ${mtimeMs}`
    const found = sums.get(key) ?? (await hashFile(file))
    sums.set(key, found)
    return found
  }

  /** As `sha256sum` writes it: whatever lies in the folder, and the own release. */
  async function listSums(): Promise<string> {
    const folder = join(dataDir, FOLDER)
    const laid = existsSync(folder) ? readdirSync(folder) : []
    const names = new Set([...laid, ...(own === null ? [] : [own.archive])].filter(isOffered))
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
    has: (name) => isFile(join(dataDir, FOLDER, name)) || name === own?.archive,
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

/** `sha256//…` of the key of a certificate that vouches for itself, as curl takes it; null where a CA does. */
export function describePin(certificate: string): string | null {
  const x509 = new X509Certificate(certificate)
  if (x509.issuer !== x509.subject || !x509.verify(x509.publicKey)) return null
  const key = x509.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256//${createHash('sha256').update(key).digest('base64')}`
}

type OwnRelease = { readonly archive: string; readonly folder: string; readonly file: string }

/** Null on Windows, whose archive is another one: it can be laid into the folder of releases. */
function describeOwn(dataDir: string): OwnRelease | null {
  if (process.platform !== 'linux') return null
  const archive = `monitor-linux-${process.arch}${isMusl() ? '-musl' : ''}.tar.gz`
  const folder = join(dataDir, OWN_FOLDER)
  const version = FULL_VERSION.replace(/[^\w.+-]+/g, '-')
  return {
    archive,
    folder,
    file: join(folder, `${version}-${statSync(process.execPath).mtimeMs}-${archive}`),
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

/** Made once for each version, in pieces: the executable is never whole in memory. */
async function makeOwn({ folder, file }: OwnRelease, log: Log): Promise<string> {
  if (isFile(file)) return file
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const old of readdirSync(folder)) rmSync(join(folder, old), { force: true })
  const draft = `${file}.partial`
  const { size } = statSync(process.execPath)
  const began = performance.now()
  async function* parts() {
    yield tarHeader({ name: 'monitor', mode: 0o755, size, time: 0 })
    yield* createReadStream(process.execPath, { highWaterMark: 256 * 1024 })
    yield Buffer.alloc(tarPadding(size) + 2 * TAR_BLOCK)
  }
  await pipeline(Readable.from(parts()), createGzip({ level: 6 }), createWriteStream(draft, { mode: 0o600 }))
  renameSync(draft, file)
  log.info('packed this release for machines that join', {
    file,
    ms: Math.round(performance.now() - began),
  })
  return file
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), hash)
  return hash.digest('hex')
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()
