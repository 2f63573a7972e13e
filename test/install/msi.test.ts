import { afterAll, beforeAll, expect, test } from 'bun:test'
import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describeMsi, nameMsi, packMsi } from '../../.ci/msi.ts'
import { makeTempDir } from '../support/spawn.ts'
import { findWineObstacle, openWine, WINDOWS_PROGRAM } from '../support/wine.ts'

const PATIENCE_MS = 120_000
const obstacle =
  Bun.which('wixl') === null || Bun.which('msiinfo') === null
    ? 'wixl or msiinfo is missing'
    : findWineObstacle()
if (obstacle !== null) console.log(`NOT TESTED HERE: the .msi (${obstacle})`)

let folder = ''
beforeAll(() => {
  folder = makeTempDir()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const msiinfo = (...words: string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['msiinfo', ...words])
  if (exitCode !== 0) throw new Error(stderr.toString())
  return stdout.toString()
}
const make = (version: string) => {
  const file = join(folder, nameMsi(version))
  expect(packMsi(file, { version, program: WINDOWS_PROGRAM })).toBeNull()
  return file
}
/** The rows of a table of a package by their first column. */
const readTable = (file: string, table: string) =>
  new Map(
    msiinfo('export', file, table)
      .trimEnd()
      .split(/\r?\n/)
      .slice(3)
      .map((line) => [line.split('\t')[0] ?? '', line.split('\t').slice(1)]),
  )

test.skipIf(obstacle !== null)(
  'it is one for 64 bits, knows other versions as the same product, and is installed and removed under Wine',
  async () => {
    const one = make('1.2.3')
    expect(msiinfo('suminfo', one)).toContain('Template: x64;1033')
    const codeIn = (text: string, name: string) => new RegExp(`${name}="([^"]+)"`).exec(text)?.[1] ?? ''
    const [same, next] = [describeMsi({ version: '1.2.3' }), describeMsi({ version: '1.2.4' })]
    const properties = readTable(one, 'Property')
    expect(properties.get('UpgradeCode')).toEqual([`{${codeIn(next, 'UpgradeCode')}}`])
    expect(properties.get('ProductCode')).toEqual([`{${codeIn(same, 'Product Id')}}`])
    expect(codeIn(next, 'Product Id')).not.toBe(codeIn(same, 'Product Id'))
    const sequence = readTable(one, 'InstallExecuteSequence')
    const at = (action: string) => Number(sequence.get(action)?.[1])
    for (const role of ['server', 'collect', 'events', 'agent']) {
      expect(at(`Stop_${role}`)).toBeLessThan(at('RemoveFiles'))
      expect(at(`Remove_${role}`)).toBeLessThan(at('RemoveFiles'))
      expect(at(`Start_${role}`)).toBeGreaterThan(at('InstallFiles'))
      expect(readTable(one, 'CustomAction').get(`Remove_${role}`)).toContain(`service uninstall ${role}`)
    }
    const wine = await openWine()
    try {
      const program = join(wine.folder, 'prefix', 'drive_c', 'Program Files', 'monitor', 'monitor.exe')
      const run = async (...words: string[]) => (await wine.run('msiexec', words)).code
      copyFileSync(one, join(wine.folder, 'one.msi'))
      expect(await run('/i', 'one.msi', '/qn')).toBe(0)
      expect(statSync(program).size).toBe(statSync(WINDOWS_PROGRAM).size)
      expect((await wine.run(program, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+ \(/)
      expect(await run('/x', 'one.msi', '/qn')).toBe(0)
      expect(existsSync(program)).toBe(false)
    } finally {
      await wine.close()
    }
  },
  PATIENCE_MS,
)

test('without the tool it is said that there is none', () => {
  const path = process.env.PATH
  process.env.PATH = folder
  try {
    expect(packMsi(join(folder, 'x.msi'), { version: '1.2.3', program: 'monitor.exe' })).toMatch(
      /^wixl, of the package/,
    )
  } finally {
    process.env.PATH = path
  }
})
