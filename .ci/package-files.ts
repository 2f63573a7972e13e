import { gzipSync } from 'node:zlib'
import type { ArchiveEntry } from './archive.ts'

/** What goes into the package of a distribution. */
export type PackageOptions = {
  /** `1.2.3`. */
  readonly version: string
  readonly processor: 'x64' | 'arm64'
  readonly program: Uint8Array
  /** Seconds since 1970, of every file in it. */
  readonly time: number
  readonly manPage: string
  readonly completions: Readonly<Record<'bash' | 'zsh' | 'fish', string>>
  readonly exampleConfig: string
  readonly licence: string
}

const ROLES = 'server collect events agent'

/** A shell's lines that bring the units of registered roles up to date and start those again that run. */
export const RENEW_UNITS = `for role in ${ROLES}; do
  [ -e "/etc/systemd/system/monitor-$role.service" ] || continue
  /usr/bin/monitor service install "$role" >/dev/null || true
  if [ -d /run/systemd/system ] && systemctl is-active --quiet "monitor-$role"; then systemctl restart "monitor-$role" || true; fi
done
`

/** Said once, at the first installation. */
export const TELL_NEXT = `  echo 'monitor is installed; which part runs here is for you to say:'
  echo '  sudo monitor service install server   (or agent), then: sudo monitor service start server'
`

/** The services go with the program. */
export const REMOVE_UNITS = `for role in ${ROLES}; do
  [ ! -e "/etc/systemd/system/monitor-$role.service" ] || /usr/bin/monitor service uninstall "$role" || true
done
`

/** Files with their paths in the package, which begin with `./`; `zshFolder` is where the distribution keeps completions of zsh. */
export function listPackageFiles(options: PackageOptions, zshFolder: string): ArchiveEntry[] {
  const { program, manPage, completions, exampleConfig, licence } = options
  const text = (name: string, content: string): ArchiveEntry => ({
    name,
    data: Buffer.from(content),
    mode: 0o644,
  })
  return [
    { name: './usr/bin/monitor', data: program, mode: 0o755 },
    text('./usr/share/bash-completion/completions/monitor', `${completions.bash}\n`),
    text(`./usr/share/zsh/${zshFolder}/_monitor`, `${completions.zsh}\n`),
    text('./usr/share/fish/vendor_completions.d/monitor.fish', `${completions.fish}\n`),
    { name: './usr/share/man/man1/monitor.1.gz', data: gzipSync(manPage, { level: 9 }), mode: 0o644 },
    text('./usr/share/doc/monitor/copyright', licence),
    text('./usr/share/doc/monitor/config.example.toml', exampleConfig),
  ]
}
