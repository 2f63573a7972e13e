import { gzipSync } from 'node:zlib'
import { type ArchiveEntry, packTarGz } from './archive.ts'

export type DebOptions = {
  /** `1.2.3`. */
  readonly version: string
  readonly architecture: 'amd64' | 'arm64'
  readonly program: Uint8Array
  /** Seconds since 1970, of every file in it. */
  readonly time: number
  readonly manPage: string
  readonly completions: Readonly<Record<'bash' | 'zsh' | 'fish', string>>
  readonly exampleConfig: string
  readonly licence: string
}

const ROLES = 'server collect events agent'

/** Brings the units of roles that are registered up to date and starts those again that run; says at first how to begin. */
const POSTINST = `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
for role in ${ROLES}; do
  [ -e "/etc/systemd/system/monitor-$role.service" ] || continue
  /usr/bin/monitor service install "$role" >/dev/null || true
  if [ -d /run/systemd/system ] && systemctl is-active --quiet "monitor-$role"; then systemctl restart "monitor-$role" || true; fi
done
if [ -z "$2" ]; then
  echo 'monitor is installed; which part runs here is for you to say:'
  echo '  sudo monitor service install server   (or agent), then: sudo monitor service start server'
fi
`

/** Services go with the program; configuration and data stay until the package is purged. */
const PRERM = `#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
for role in ${ROLES}; do
  [ ! -e "/etc/systemd/system/monitor-$role.service" ] || /usr/bin/monitor service uninstall "$role" || true
done
`

const POSTRM = `#!/bin/sh
set -e
[ "$1" = purge ] || exit 0
rm -rf /etc/monitor /var/lib/monitor
for user in monitor monitor-agent; do
  if id -u "$user" >/dev/null 2>&1; then userdel "$user" 2>/dev/null || deluser "$user" || true; fi
done
`

/** A package for Debian and its kin, made without root and without their tools; the same bytes for the same files. */
export function packDeb(options: DebOptions): Uint8Array {
  const { time, program } = options
  const files = listFiles(options)
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

function listFiles(options: DebOptions): ArchiveEntry[] {
  const { program, manPage, completions, exampleConfig, licence } = options
  const text = (name: string, content: string): ArchiveEntry => ({
    name,
    data: Buffer.from(content),
    mode: 0o644,
  })
  return [
    { name: './usr/bin/monitor', data: program, mode: 0o755 },
    text('./usr/share/bash-completion/completions/monitor', `${completions.bash}\n`),
    text('./usr/share/zsh/vendor-completions/_monitor', `${completions.zsh}\n`),
    text('./usr/share/fish/vendor_completions.d/monitor.fish', `${completions.fish}\n`),
    { name: './usr/share/man/man1/monitor.1.gz', data: gzipSync(manPage, { level: 9 }), mode: 0o644 },
    text('./usr/share/doc/monitor/copyright', licence),
    text('./usr/share/doc/monitor/config.example.toml', exampleConfig),
  ]
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

const writeControl = ({ version, architecture }: DebOptions, size: number) => `Package: monitor
Version: ${version}
Architecture: ${architecture}
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
