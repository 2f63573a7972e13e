import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const TESTS = join(import.meta.dir, '..')
/** It runs under plain Node, so that it is read here rather than imported. */
const RUNNER = readFileSync(join(TESTS, '..', '.ci', 'test.mjs'), 'utf8')
/** What every Debian has. */
const OF_THE_SYSTEM = ['bash', 'dpkg', 'dpkg-deb', 'unshare']

/** Programs that the text of a test looks for, and does not test something when they are missing. */
function listProgramsLookedFor(text: string): string[] {
  const named = [...text.matchAll(/(?:Bun\.which|existsSync)\('([^']+)'\)/g)].flatMap(([, found = '']) =>
    found.startsWith('/') && !/^\/(?:usr\/)?s?bin\//.test(found) ? [] : [basename(found)],
  )
  const listed = [...text.matchAll(/\[([^[\]]+)\]\.filter\(\((\w+)\) => Bun\.which\(\2\)/g)].flatMap(
    ([, words = '']) => [...words.matchAll(/'([^']+)'/g)].map(([, word = '']) => word),
  )
  return [...named, ...listed]
}

test('npm test installs, or says that it lacks, every program without which a test is skipped', () => {
  const installed = [...RUNNER.matchAll(/\bprogram: '([^']+)'/g)].map(([, program = '']) => basename(program))
  const known = new Set([...OF_THE_SYSTEM, ...installed])
  const asked = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('bench'))
    .flatMap((path) => listProgramsLookedFor(readFileSync(join(TESTS, path), 'utf8')))
  expect(new Set(asked)).toContain('wixl')
  expect(new Set(asked)).toContain('fish')
  expect([...new Set(asked)].filter((program) => !known.has(program))).toEqual([])
})
