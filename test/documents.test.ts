import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'

const ROOT = join(import.meta.dir, '..')
const DOCUMENTS = [
  'README.md',
  ...new Glob('{src,test,.github}/**/*.md').scanSync({ cwd: ROOT, dot: true }),
].filter((path) => !path.includes('fixtures'))

/** A file with the ending of one of ours, or a folder, in backticks or as the place of a link. */
const NAMED =
  /`((?:[\w.*-]+\/)+(?:[\w.*-]+\.(?:tsx?|mjs|md|toml|json|sh|ps1|contract\.ts))?)`|\]\(([^)#:]+)\)/g

test('documents name only files and folders that there are', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(6)
  const missing: string[] = []
  let named = 0
  for (const document of DOCUMENTS) {
    const places = [dirname(document), '.', 'src', 'test'].map((folder) => join(ROOT, folder))
    for (const [, path, link] of readFileSync(join(ROOT, document), 'utf8').matchAll(NAMED)) {
      const name = path ?? link ?? ''
      named++
      const isThere = name.includes('*')
        ? places.some((place) => existsSync(place) && !new Glob(name).scanSync({ cwd: place }).next().done)
        : places.some((place) => existsSync(join(place, name)))
      if (!isThere) missing.push(`${document}: ${name}`)
    }
  }
  expect(named).toBeGreaterThan(50)
  expect(missing).toEqual([])
})
