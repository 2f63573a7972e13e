import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..')

/** The name of a test or of a group of them, after what it is repeated for. */
const TITLE = /(?:\b(?:test|describe)(?:\.\w+(?:\([^()]*\))?)*|\]\)|\))\(\s*(['"`])((?:(?!\1)[^\n])*)\1/g

/** Each test that SECURITY.md names: the file, and what a name of a test in it begins with or holds. */
function listNamed(): { readonly file: string; readonly name: string }[] {
  const text = readFileSync(join(ROOT, '.github', 'SECURITY.md'), 'utf8')
  let file = ''
  return [...text.matchAll(/`(test\/[\w./-]+)`(?:: ([^|·)\n]+))?|· (?!`)([^|·\n]+)/g)].map(
    ([, named = file, name = '', more = '']) => {
      file = named
      return { file, name: (name || more).trim() }
    },
  )
}

test.each(listNamed().map(({ file, name }) => [file, name] as const))(
  'SECURITY.md names what is there: %s %s',
  (file, name) => {
    expect(existsSync(join(ROOT, file))).toBe(true)
    const titles = [...readFileSync(join(ROOT, file), 'utf8').matchAll(TITLE)].map(([, , title]) => title)
    expect(titles.filter((title) => title?.includes(name)).length).toBeGreaterThan(0)
  },
)

test('every line of the table says what holds it', () => {
  const rows =
    readFileSync(join(ROOT, '.github', 'SECURITY.md'), 'utf8').match(/^\| (?!who \|)[^\n]+$/gm) ?? []
  expect(rows.length).toBeGreaterThan(20)
  for (const row of rows) expect(row).toContain('`test/')
})
