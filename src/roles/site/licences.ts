import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type PackageLicence = {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

/**
 * The packages inside the program, with their terms. Called as a macro: the build puts the result in place of
 * the call, because an executable has no `node_modules` to read.
 */
export function collectLicences(): PackageLicence[] {
  const root = join(import.meta.dir, '..', '..', '..')
  const found = new Map<string, PackageLicence>()
  const visit = (name: string, from: string) => {
    const folder = findPackage(name, from)
    if (folder === null || found.has(folder)) return
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest
    const { version = '', license = 'not said' } = manifest
    const terms = typeof license === 'string' ? license : 'see its text'
    found.set(folder, { name, version, licence: terms, text: readLicence(folder) })
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, folder)
  }
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageManifest
  for (const name of Object.keys(own.dependencies ?? {})) visit(name, root)
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

type PackageManifest = {
  readonly version?: string
  readonly license?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Where the package manager put what `from` asks for: in its own folder, or further up. */
function findPackage(name: string, from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (dirname(folder) === folder) return null
  }
}

function readLicence(folder: string): string {
  const file = readdirSync(folder)
    .sort()
    .find((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name))
  return file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()
}
