import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type ArchiveEntry, packTarGz, packZip } from './archive.ts'
import { writeBillOfMaterials } from './bill-of-materials.ts'

const ROOT = join(import.meta.dir, '..')

/** What lies beside the executable in each archive. */
const COMPANIONS = ['LICENSE', 'config.example.toml']

const BILL = 'monitor.cdx.json'

/**
 * Packs an executable of dist/ with what belongs to it: `monitor-linux-x64` becomes `monitor-linux-x64.tar.gz`, a Windows one a .zip.
 * `time` (seconds since 1970) is that of every file in it. Gives the archive's name.
 */
export function packRelease(dist: string, file: string, time: number): string {
  const isWindows = file.endsWith('.exe')
  const script = isWindows ? 'install.ps1' : 'install.sh'
  const entries: ArchiveEntry[] = [
    { name: isWindows ? 'monitor.exe' : 'monitor', data: readFileSync(join(dist, file)), mode: 0o755 },
    { name: script, data: readFileSync(join(ROOT, script)), mode: 0o755 },
    ...COMPANIONS.map((name) => ({ name, data: readFileSync(join(ROOT, name)), mode: 0o644 })),
  ]
  const archive = isWindows ? file.replace(/\.exe$/, '.zip') : `${file}.tar.gz`
  writeFileSync(join(dist, archive), isWindows ? packZip(entries, time) : packTarGz(entries, time))
  writeChecksum(dist, archive)
  return archive
}

/** Writes FILE.sha256 as `sha256sum` does; gives the checksum. */
export function writeChecksum(dist: string, file: string): string {
  const sum = createHash('sha256')
    .update(readFileSync(join(dist, file)))
    .digest('hex')
  writeFileSync(join(dist, `${file}.sha256`), `${sum}  ${file}\n`)
  return sum
}

/** Puts the rest of a release beside its archives: install scripts, bill of materials, and the checksums of all in one file. */
export function finishRelease(dist: string, files: readonly string[], time: number): string[] {
  const scripts = ['install.sh', 'install.ps1']
  for (const script of scripts) copyFileSync(join(ROOT, script), join(dist, script))
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  writeFileSync(join(dist, BILL), writeBillOfMaterials(lock, time))
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
  return [...scripts, BILL, 'SHA256SUMS']
}
