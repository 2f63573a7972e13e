import { spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type ArchiveEntry, packTarGz, packZip } from './archive.ts'

const ROOT = join(import.meta.dir, '..')

/** What lies beside the executable in each archive. */
const COMPANIONS = ['LICENSE', 'config.example.toml']

const BILL = 'monitor.cdx.json'

/**
 * Packs an executable of dist/ with what belongs to it: `monitor-linux-x64` becomes `monitor-linux-x64.tar.gz`, a Windows one a .zip.
 * `time` (seconds since 1970) is that of every file in it. Gives the archive's name.
 */
export function packRelease(dist: string, file: string, time: number, key: KeyObject | null = null): string {
  const isWindows = file.endsWith('.exe')
  const script = isWindows ? 'install.ps1' : 'install.sh'
  const entries: ArchiveEntry[] = [
    { name: isWindows ? 'monitor.exe' : 'monitor', data: readFileSync(join(dist, file)), mode: 0o755 },
    { name: script, data: Buffer.from(readScript(script, key)), mode: 0o755 },
    ...COMPANIONS.map((name) => ({ name, data: readFileSync(join(ROOT, name)), mode: 0o644 })),
  ]
  const archive = isWindows ? file.replace(/\.exe$/, '.zip') : `${file}.tar.gz`
  writeFileSync(join(dist, archive), isWindows ? packZip(entries, time) : packTarGz(entries, time))
  writeChecksum(dist, archive)
  return archive
}

/**
 * The archive once more, a quarter smaller, for machines that have xz: `X.tar.gz` becomes `X.tar.xz`. One thread, so that the
 * bytes are the same each time. Null where this machine has no xz, which is said, and for archives that are none of tar.
 */
export function packSmaller(dist: string, archive: string): string | null {
  if (!archive.endsWith('.tar.gz')) return null
  const small = archive.replace(/gz$/, 'xz')
  const { error, status, stdout } = spawnSync('xz', ['-6', '--threads=1', '--stdout'], {
    input: gunzipSync(readFileSync(join(dist, archive))),
    maxBuffer: 2 ** 30,
  })
  if (error !== undefined || status !== 0) {
    console.log(`NOT MADE: ${small} (xz is missing on this machine)`)
    return null
  }
  writeFileSync(join(dist, small), stdout)
  writeChecksum(dist, small)
  return small
}

/** Writes FILE.sha256 as `sha256sum` does; gives the checksum. */
export function writeChecksum(dist: string, file: string): string {
  const sum = createHash('sha256')
    .update(readFileSync(join(dist, file)))
    .digest('hex')
  writeFileSync(join(dist, `${file}.sha256`), `${sum}  ${file}\n`)
  return sum
}

/** The private key of a release as PEM (RSA), which comes from outside: the file that MONITOR_SIGNING_KEY names. Null when it names none. */
export function findSigningKey(env: Readonly<Record<string, string | undefined>>): KeyObject | null {
  const file = env.MONITOR_SIGNING_KEY
  if (file === undefined || file === '') return null
  const key = createPrivateKey(readFileSync(file))
  if (key.asymmetricKeyType !== 'rsa')
    throw new Error(`${file} holds no RSA key, which the install scripts can verify`)
  return key
}

/** An install script with the public key by which it knows the checksums of its release, when there is one. */
function readScript(script: 'install.sh' | 'install.ps1', key: KeyObject | null): string {
  const text = readFileSync(join(ROOT, script), 'utf8')
  if (key === null) return text
  const publicKey = createPublicKey(key)
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const number = (digits: string) => Buffer.from(digits, 'base64url').toString('base64')
  const [line, value] =
    script === 'install.sh'
      ? [
          /^RELEASE_KEY=''$/m,
          `RELEASE_KEY='${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}'`,
        ]
      : [
          /^\$ReleaseKey = ''$/m,
          `$ReleaseKey = '<RSAKeyValue><Modulus>${number(n)}</Modulus><Exponent>${number(e)}</Exponent></RSAKeyValue>'`,
        ]
  if (!line.test(text)) throw new Error(`${script} has no place for the public key`)
  return text.replace(line, () => value)
}

/**
 * Puts the rest of a release beside its archives: install scripts, bill of materials, the checksums of all in one file, and the signature
 * of that when there is a key.
 */
export function finishRelease(
  dist: string,
  files: readonly string[],
  time: number,
  key: KeyObject | null = null,
): string[] {
  const scripts = ['install.sh', 'install.ps1'] as const
  for (const script of scripts) writeFileSync(join(dist, script), readScript(script, key), { mode: 0o755 })
  writeFileSync(join(dist, BILL), writeBillOfMaterials(time))
  const all = [...files, ...scripts, BILL].map((file) => basename(file)).sort()
  writeFileSync(
    join(dist, 'SHA256SUMS'),
    all
      .map(
        (file) =>
          `${createHash('sha256')
            .update(readFileSync(join(dist, file)))
            .digest('hex')}  ${file}\n`,
      )
      .join(''),
  )
  if (key === null) return [...scripts, BILL, 'SHA256SUMS']
  writeFileSync(join(dist, 'SHA256SUMS.sig'), sign('sha256', readFileSync(join(dist, 'SHA256SUMS')), key))
  return [...scripts, BILL, 'SHA256SUMS', 'SHA256SUMS.sig']
}

/**
 * Software bill of materials of the executables as CycloneDX: Bun, and every package that package-lock.json names for running.
 * npm writes it; what differs from run to run in it is taken out, so that the same lock file and `time` (seconds since 1970) give
 * the same text.
 */
export function writeBillOfMaterials(time: number): string {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    [
      'sbom',
      '--sbom-format=cyclonedx',
      '--sbom-type=application',
      '--package-lock-only',
      '--omit=dev',
      '--omit=optional',
    ],
    // The shell is for Windows, where npm is a batch file.
    { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' },
  )
  if (status !== 0) throw new Error(`npm sbom failed with exit code ${status}: ${stderr}`)
  const { serialNumber: _, ...bill } = JSON.parse(stdout)
  bill.metadata.timestamp = new Date(time * 1000).toISOString()
  // npm takes it from the folder's name.
  bill.metadata.component.name = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).name
  return `${JSON.stringify(bill, null, 2)}\n`
}
