import { networkInterfaces } from 'node:os'
import type { HostFacts } from '../domain/hosts/host.ts'
import { NO_DOMAIN } from './fqdn.ts'
import { findAddress, type Interfaces, readShortName } from './machine.ts'
import type { Win32, WindowsIdentity } from './win32.ts'

/** As `readMachine`, of a Windows. */
export function readWindowsMachine(
  win32: Pick<Win32, 'readIdentity'>,
  interfaces: Interfaces = networkInterfaces(),
): { name: string; facts: HostFacts } {
  const identity = win32.readIdentity()
  return {
    name: readShortName(identity.computerName),
    facts: {
      ip: findAddress([identity.defaultInterface], interfaces),
      platform: 'Windows',
      build: describeWindows(identity),
      architecture: '64bit',
      domain: identity.domain === '' ? NO_DOMAIN : identity.domain.toLowerCase(),
      processors: identity.processors,
      memoryMb: Math.round(identity.memoryBytes / 2 ** 20),
    },
  }
}

/** The first build of Windows 11, which goes on calling itself Windows 10 in the registry. */
const FIRST_BUILD_OF_11 = 22_000

/** As `winver` shows it: `Windows 11 Pro 23H2 (OS build 22631.3007)`. */
export function describeWindows(
  identity: Pick<
    WindowsIdentity,
    'product' | 'release' | 'build' | 'revision' | 'isServer' | 'major' | 'minor'
  >,
): string {
  const { product, release, build, revision, isServer, major, minor } = identity
  const named = product === '' ? `Windows ${major}.${minor}` : product
  const name = !isServer && build >= FIRST_BUILD_OF_11 ? named.replace(/^Windows 10\b/, 'Windows 11') : named
  const version = release === '' ? '' : ` ${release}`
  return `${name}${version} (OS build ${build}${revision === null ? '' : `.${revision}`})`
}
