import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Never to change: by these Windows knows another version of the same product, and its one part. */
const UPGRADE_CODE = '6D0F7A1E-1F0E-4C57-9D3A-2B6C1F0A5E11'
const PROGRAM_CODE = 'B1C2D3E4-0A1B-4C2D-8E3F-5A6B7C8D9E0F'

const ROLES = ['server', 'collect', 'events', 'agent'] as const

type Action = {
  readonly id: string
  readonly words: string
  readonly when: string
  readonly condition: string
}

/**
 * A role that is not registered makes its action fail, which is passed over. An older version stops its services before
 * its program is taken away, the newer one starts them; who removes the product removes its services, too.
 */
const ACTIONS: readonly Action[] = ROLES.flatMap((role) => [
  {
    id: `Stop_${role}`,
    words: `service stop ${role}`,
    when: 'Before="RemoveFiles"',
    condition: 'REMOVE="ALL" AND UPGRADINGPRODUCTCODE',
  },
  {
    id: `Remove_${role}`,
    words: `service uninstall ${role}`,
    when: 'Before="RemoveFiles"',
    condition: 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE',
  },
  {
    id: `Start_${role}`,
    words: `service start ${role}`,
    when: 'After="InstallFiles"',
    condition: 'NOT REMOVE AND WIX_UPGRADE_DETECTED',
  },
])

export type MsiOptions = {
  /** `1.2.3`. */
  readonly version: string
  /** The file of the program. */
  readonly program: string
}

/** How the file of the package is called. */
export const nameMsi = (version: string) => `monitor-${version}-x64.msi`

/** What the package holds, as its tool reads it. It lays the program where install.ps1 does. */
export function describeMsi({ version }: Pick<MsiOptions, 'version'>): string {
  // A product of its own for each version, and the same for the same version.
  const digits = createHash('sha256').update(`${UPGRADE_CODE} ${version}`).digest('hex').toUpperCase()
  const product = digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
  const actions = ACTIONS.map(
    ({ id, words }) =>
      `<CustomAction Id="${id}" FileKey="MonitorExe" ExeCommand="${words}" Execute="deferred" Impersonate="no" Return="ignore"/>`,
  )
  const sequence = ACTIONS.map(
    ({ id, when, condition }) => `<Custom Action="${id}" ${when}>${Bun.escapeHTML(condition)}</Custom>`,
  )
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="${product}" Name="Monitor" Language="1033" Version="${version}" Manufacturer="Monitor" UpgradeCode="${UPGRADE_CODE}">
    <Package InstallerVersion="200" Compressed="yes" InstallScope="perMachine" Description="Server monitoring"/>
    <MajorUpgrade DowngradeErrorMessage="A newer version of Monitor is installed already."/>
    <Media Id="1" Cabinet="monitor.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="monitor">
          <Component Id="Program" Guid="${PROGRAM_CODE}" Win64="yes">
            <File Id="MonitorExe" Name="monitor.exe" Source="monitor.exe" KeyPath="yes"/>
          </Component>
        </Directory>
      </Directory>
    </Directory>
    ${actions.join('\n    ')}
    <InstallExecuteSequence>
      ${sequence.join('\n      ')}
    </InstallExecuteSequence>
    <Feature Id="All" Level="1"><ComponentRef Id="Program"/></Feature>
  </Product>
</Wix>
`
}

/** Makes the package for Windows Installer, without root. Gives why it could not be made; null when it was. */
export function packMsi(file: string, options: MsiOptions): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-msi-'))
  try {
    // The tool finds files beside its source only.
    symlinkSync(resolve(options.program), join(folder, 'monitor.exe'))
    writeFileSync(join(folder, 'monitor.wxs'), describeMsi(options))
    const words = ['-a', 'x64', '-o', resolve(file), 'monitor.wxs']
    const { error, status, stderr } = spawnSync('wixl', words, { cwd: folder })
    if (error !== undefined) return 'wixl, of the package wixl or msitools, is missing on this machine'
    return status === 0 ? null : `wixl ended with ${status}: ${stderr.toString().trim()}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
