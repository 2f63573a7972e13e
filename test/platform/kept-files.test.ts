import { expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readKept } from '../../src/platform/kept-files.ts'
import { openProcFs } from '../../src/platform/proc.ts'

const SRC = join(import.meta.dir, '../../src/platform')
const countHandles = () => readdirSync('/proc/self/fd').length

test('gives what opening the file gives, each time anew, with one handle', async () => {
  expect(readKept('/proc/self/mountinfo')).toBe(readFileSync('/proc/self/mountinfo', 'utf8'))
  expect(readKept('/proc/net/dev')?.split('\n').length).toBe(
    readFileSync('/proc/net/dev', 'utf8').split('\n').length,
  )
  const first = Number.parseFloat(readKept('/proc/uptime') ?? '')
  readKept('/proc/stat')
  const handles = countHandles()
  await Bun.sleep(20)
  expect(Number.parseFloat(readKept('/proc/uptime') ?? '')).toBeGreaterThan(first)
  for (let i = 0; i < 50; i++) expect(readKept('/proc/stat')).toStartWith('cpu  ')
  expect(countHandles()).toBe(handles)
})

test('other files are opened each time', () => {
  expect([readKept('/proc/self/stat'), readKept('/etc/hostname')]).toEqual([null, null])
})

/** What the program prints in a mount namespace of its own. */
async function runAlone(program: string, namespace = '--mount'): Promise<string> {
  const child = Bun.spawn(['unshare', namespace, process.execPath, '-e', program], { stdout: 'pipe' })
  return (await new Response(child.stdout).text()).trim()
}

test('a mount that comes is seen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-kept-'))
  const seen = await runAlone(`
    import { readKept } from '${SRC}/kept-files.ts'
    const before = readKept('/proc/self/mountinfo')
    Bun.spawnSync(['mount', '-t', 'tmpfs', 'none', '${folder}'])
    console.log(before.includes('${folder}'), readKept('/proc/self/mountinfo').includes('${folder}'))`)
  expect(seen).toBe('false true')
  rmSync(folder, { recursive: true })
})

test('a table that comes in several pieces is whole', async () => {
  const seen = await runAlone(
    `
    import { readFileSync } from 'node:fs'
    import { readKept } from '${SRC}/kept-files.ts'
    const count = (text) => text.trimEnd().split('\\n').length
    const found = []
    for (let i = 0; i < 120; i++) {
      Bun.spawnSync(['ip', 'link', 'add', 'b' + i, 'type', 'bridge'])
      if (i % 6 === 5) found.push(count(readKept('/proc/net/dev')) - count(readFileSync('/proc/net/dev', 'utf8')))
    }
    console.log(count(readKept('/proc/net/dev')), ...new Set(found))`,
    '--net',
  )
  // Two lines of head, loopback, and the bridges.
  expect(seen).toBe('123 0')
  expect(readKept('/proc/vmstat')?.split('\n').length).toBe(
    readFileSync('/proc/vmstat', 'utf8').split('\n').length,
  )
  expect(readKept('/proc/diskstats')?.split('\n').length).toBe(
    readFileSync('/proc/diskstats', 'utf8').split('\n').length,
  )
})

test('a pipe in the place of a file is empty rather than waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-kept-'))
  const seen = await runAlone(`
    import { openProcFs } from '${SRC}/proc.ts'
    Bun.spawnSync(['mkfifo', '${folder}/pipe'])
    Bun.spawnSync(['mount', '--bind', '${folder}/pipe', '/proc/loadavg'])
    const proc = openProcFs()
    console.log(JSON.stringify([proc.readText('/proc/loadavg'), proc.readText('/proc/loadavg')]))`)
  expect(seen).toBe('["",""]')
  rmSync(folder, { recursive: true })
})

test('where files may be replaced, as under another root, they are read anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-kept-'))
  const file = join(folder, 'proc/uptime')
  const proc = openProcFs(folder)
  for (const text of ['1.00 1.00\n', '2.00 2.00\n']) {
    await Bun.write(file, text)
    expect(proc.readText('/proc/uptime')).toBe(text)
    rmSync(file)
  }
  rmSync(folder, { recursive: true })
})
