import { type ArchiveEntry, packTarGz } from './archive.ts'
import {
  listPackageFiles,
  type PackageOptions,
  REMOVE_UNITS,
  RENEW_UNITS,
  TELL_NEXT,
} from './package-files.ts'

const POSTINST = `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
${RENEW_UNITS}if [ -z "$2" ]; then
${TELL_NEXT}fi
`

/** Configuration and data stay until the package is purged. */
const PRERM = `#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
${REMOVE_UNITS}`

const POSTRM = `#!/bin/sh
set -e
[ "$1" = purge ] || exit 0
rm -rf /etc/monitor /var/lib/monitor
for user in monitor monitor-agent; do
  if id -u "$user" >/dev/null 2>&1; then userdel "$user" 2>/dev/null || deluser "$user" || true; fi
done
`

/** How the file of the package is called. */
export const nameDeb = ({ version, processor }: Pick<PackageOptions, 'version' | 'processor'>) =>
  `monitor_${version}_${archOf(processor)}.deb`

const archOf = (processor: PackageOptions['processor']) => (processor === 'arm64' ? 'arm64' : 'amd64')

/** A package for Debian and its kin, made without root and without their tools; the same bytes for the same files. */
export function packDeb(options: PackageOptions): Uint8Array {
  const { time, program } = options
  const files = listPackageFiles(options, 'vendor-completions')
  const size = Math.ceil((program.length + 64 * 1024) / 1024)
  const script = (name: string, text: string): ArchiveEntry => ({
    name,
    data: Buffer.from(text),
    mode: 0o755,
  })
  const control = [
    { name: './control', data: Buffer.from(writeControl(options, size)), mode: 0o644 },
    script('./postinst', POSTINST),
    script('./prerm', PRERM),
    script('./postrm', POSTRM),
  ]
  return packAr(
    [
      { name: 'debian-binary', data: Buffer.from('2.0\n'), mode: 0o644 },
      { name: 'control.tar.gz', data: packTarGz(control, time), mode: 0o644 },
      { name: 'data.tar.gz', data: packTarGz(withFolders(files), time), mode: 0o644 },
    ],
    time,
  )
}

/** Every folder on the way to a file, before what is in it. */
function withFolders(files: readonly ArchiveEntry[]): ArchiveEntry[] {
  const folders = new Set<string>()
  for (const { name } of files) {
    const parts = name.split('/').slice(0, -1)
    for (let i = 1; i <= parts.length; i++) folders.add(`${parts.slice(0, i).join('/')}/`)
  }
  const entries = [...folders].map((name) => ({ name, data: new Uint8Array(0), mode: 0o755, isFolder: true }))
  return [...entries, ...files].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const writeControl = ({ version, processor }: PackageOptions, size: number) => `Package: monitor
Version: ${version}
Architecture: ${archOf(processor)}
Maintainer: The monitor project <monitor@localhost>
Installed-Size: ${size}
Depends: libc6 (>= 2.28)
Section: admin
Priority: optional
Description: server monitoring in one executable
 Website, collect engine, event engine and agent. Which part runs on a machine
 is said by "monitor service install".
`

/** The archive format of Unix, in its common form. */
function packAr(entries: readonly ArchiveEntry[], time: number): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')]
  for (const { name, data, mode } of entries) {
    const head = [
      name.padEnd(16),
      String(time).padEnd(12),
      '0'.padEnd(6),
      '0'.padEnd(6),
      (0o100000 | mode).toString(8).padEnd(8),
      String(data.length).padEnd(10),
      '`\n',
    ]
    parts.push(
      Buffer.from(head.join(''), 'latin1'),
      data,
      ...(data.length % 2 === 1 ? [Buffer.from('\n')] : []),
    )
  }
  return Buffer.concat(parts)
}
