import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Locked = { readonly integrity?: string; readonly resolved?: string } & Readonly<
  Partial<Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>
>

const { packages }: { packages: Readonly<Record<string, Locked>> } = JSON.parse(
  readFileSync(join(import.meta.dir, '..', '..', 'package-lock.json'), 'utf8'),
)

/** `npm ci` refuses a lock file that lacks a package of another system, so each has to be listed. */
test('the lock file lists every package that another one asks for, of every system', () => {
  const names = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')))
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !names.has(name))
      .map((name) => `${path} asks for ${name}`),
  )
  expect(missing).toEqual([])
})

test('the lock file gives each package a checksum, and names no registry', () => {
  for (const [path, { integrity, resolved }] of Object.entries(packages)) {
    if (path === '') continue
    expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)])
    expect([path, resolved]).toEqual([path, undefined])
  }
})
