import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FROM_SOURCE, makeTempDir, runMonitor, startMonitor } from '../support/spawn.ts'

let dataDir: string

beforeEach(() => {
  dataDir = makeTempDir()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const run = (...args: string[]) =>
  runMonitor([...args, '--data-dir', dataDir], { program: FROM_SOURCE, cwd: dataDir })

test('a folder that is in use without its database is refused, until a new one is made on purpose', async () => {
  const file = join(dataDir, 'monitor.db')
  // A first start that was killed before its first commit is repeated.
  writeFileSync(file, '')
  const settings = ['--set', 'web.port=0', '--set', 'collect.port=0', '--set', 'collect.tls_port=off']
  const start = () =>
    startMonitor(['server', '--data-dir', dataDir, ...settings], { program: FROM_SOURCE, cwd: dataDir })
  const server = await start()
  const health = () => fetch(`http://127.0.0.1:${server.ports.web}/healthz`).then(({ status }) => status)
  expect(await health()).toBe(200)
  renameSync(file, `${file}.away`)
  await Bun.sleep(1100)
  expect(await health()).toBe(503)
  writeFileSync(file, 'another')
  await Bun.sleep(1100)
  expect(await health()).toBe(503)
  rmSync(file)
  expect(await server.stop()).toBe(0)

  for (const isEmpty of [false, true]) {
    if (isEmpty) writeFileSync(file, '')
    const { code, stderr } = await run('db', 'stats')
    expect(code).toBe(78)
    expect(stderr).toContain(`is ${isEmpty ? 'empty' : 'missing'}, and this folder is in use`)
    expect(stderr).toContain('monitor db init')
    expect(existsSync(file)).toBe(isEmpty)
    await expect(start()).rejects.toThrow(/db restore/)
  }
  expect((await run('db', 'init')).code).toBe(0)
  expect((await run('db', 'stats')).code).toBe(0)
  expect((await run('db', 'init')).stderr).toContain('there is a database')
  expect(readdirSync(dataDir).some((name) => name.startsWith('monitor.db.before-init-'))).toBe(true)
}, 60_000)

test('processes that start at once in one folder do not take the draft of the note from each other', async () => {
  const source = join(import.meta.dir, '../../src/storage/in-use.ts')
  const script = (url: string) => `import { noteDatabaseInUse } from '${source}'
    for (let i = 0; i < 200; i++) noteDatabaseInUse('${url}', '${dataDir}')`
  // Each names another database, so that each writes again and again.
  const both = ['sqlite:a.db', 'sqlite:b.db'].map((url) =>
    Bun.spawn([process.execPath, '-e', script(url)], { stderr: 'pipe' }),
  )
  for (const child of both) {
    expect(await new Response(child.stderr).text()).toBe('')
    expect(await child.exited).toBe(0)
  }
  expect(readdirSync(dataDir)).toEqual(['database-in-use'])
})
