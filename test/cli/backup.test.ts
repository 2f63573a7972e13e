import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

const PASSPHRASE = 'correct horse battery staple'
let cwd = ''
let monitor: RunningMonitor
const path = (...names: string[]) => join(cwd, ...names)
const run = (...words: string[]) => runMonitor(words, { cwd })
const sums = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => `${name} ${Bun.hash(readFileSync(join(folder, name)))}`)

beforeAll(async () => {
  cwd = makeTempDir()
  mkdirSync(path('secrets'))
  writeFileSync(path('secrets', 'hook'), 'hook-secret\n', { mode: 0o640 })
  writeFileSync(
    path('monitor.toml'),
    '[web]\nport = 0\n[collect]\nport = 0\ntls_port = 0\n[webhook]\nsecret_file = "secrets/hook"\n',
  )
  writeFileSync(path('passphrase-of-backup'), `${PASSPHRASE}\n`)
  monitor = await startMonitor(['server'], { cwd })
  expect((await run('backup', 'plain.tar')).code).toBe(0)
  expect(
    (await run('backup', 'sealed.tar', '--encrypt', '--passphrase-file', 'passphrase-of-backup')).code,
  ).toBe(0)
})
afterAll(async () => {
  await monitor.stop()
  rmSync(cwd, { recursive: true, force: true })
})

describe('monitor backup', () => {
  test('takes database, certificate, passphrase, configuration and the files that it names, for its owner alone', async () => {
    expect(statSync(path('plain.tar')).mode & 0o777).toBe(0o600)
    const listed = Bun.spawnSync(['tar', '-tf', path('plain.tar')])
      .stdout.toString()
      .trim()
      .split('\n')
    expect(listed[0]).toBe('manifest.json')
    expect(listed.at(-1)).toBe('SHA256SUMS')
    const names = listed.map((name) => name.replace(/^(\w+\/)\d+-/, '$1'))
    for (const wanted of [
      'config/monitor.toml',
      'named/hook',
      'data/passphrase',
      'data/tls.pem',
      'database/monitor.db',
    ])
      expect(names).toContain(wanted)
    expect(names.filter((name) => name.startsWith('data/') && name.includes('.db'))).toEqual([])
  })

  test('can be read and checked without this program', () => {
    const folder = makeTempDir()
    expect(Bun.spawnSync(['tar', '-xf', path('plain.tar')], { cwd: folder }).exitCode).toBe(0)
    expect(Bun.spawnSync(['sha256sum', '-c', '--quiet', 'SHA256SUMS'], { cwd: folder }).exitCode).toBe(0)
    rmSync(folder, { recursive: true, force: true })
  })

  test('shows nothing of its content when it is encrypted', () => {
    const bytes = readFileSync(path('sealed.tar'))
    for (const text of [
      'manifest',
      'hook-secret',
      'SQLite format',
      readFileSync(path('monitor-data', 'passphrase'), 'utf8').trim(),
    ])
      expect(bytes.includes(text)).toBe(false)
  })

  test('is not written over anything, and leaves nothing behind when it fails', async () => {
    const { code, stderr } = await run('backup', 'plain.tar')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `monitor: ${path('plain.tar')} exists already: a backup is never written over\n`,
    })
    expect((await run('backup', 'gone/plain.tar')).stderr).toContain('there is no folder')
    // Root can write everywhere else.
    const unwritable = (await run('backup', '/proc/plain.tar')).stderr
    expect(unwritable).toContain("/proc/plain.tar can't be written: the folder /proc takes no file")
    expect(unwritable).not.toContain('.partial')
    expect(readdirSync(cwd).filter((name) => name.includes('partial'))).toEqual([])
  })
})

describe('monitor restore', () => {
  test.each([
    ['plain.tar', []],
    ['sealed.tar', ['--passphrase-file', 'passphrase-of-backup']],
  ])('brings all of %s back, and a server starts on it', async (file, words) => {
    const place = makeTempDir()
    chmodSync(place, 0o755)
    const dataDir = join(place, 'state', 'data')
    const config = join(place, 'etc', 'monitor.toml')
    rmSync(path('secrets', 'hook'))
    const { code, stderr, stdout } = await run(
      'restore',
      file,
      ...words,
      '--data-dir',
      dataDir,
      '--config',
      config,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Restored ${join(dataDir, 'monitor.db')}\n`)
    expect(readFileSync(path('secrets', 'hook'), 'utf8')).toBe('hook-secret\n')
    expect(statSync(path('secrets', 'hook')).mode & 0o777).toBe(0o640)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    for (const name of ['passphrase', 'tls.pem'])
      expect(readFileSync(join(dataDir, name), 'utf8')).toBe(readFileSync(path('monitor-data', name), 'utf8'))
    expect(readFileSync(config, 'utf8')).toBe(readFileSync(path('monitor.toml'), 'utf8').replaceAll('\r', ''))
    writeFileSync(config, readFileSync(config, 'utf8').replace('secrets/hook', path('secrets', 'hook')))
    const fresh = await startMonitor(['server', '--config', config, '--data-dir', dataDir], { cwd: place })
    expect(fresh.stderr()).not.toContain('created a TLS certificate')
    expect(await fresh.stop()).toBe(0)
    rmSync(place, { recursive: true, force: true })
  })

  test('keeps what was there before, and needs everything to be stopped', async () => {
    const before = sums(path('monitor-data')).filter((line) => !line.includes('.db'))
    const busy = await run('restore', 'plain.tar')
    expect(busy.code).toBe(1)
    expect(busy.stderr).toContain('is in use: stop the server')
    expect(sums(path('monitor-data')).filter((line) => !/\.db|heartbeat/.test(line))).toEqual(
      before.filter((line) => !line.includes('heartbeat')),
    )
    expect(await monitor.stop()).toBe(0)
    const database = new Database(path('monitor-data', 'monitor.db'))
    database.run("INSERT INTO engine_memory (name, value) VALUES ('after the backup', '1')")
    database.close()
    writeFileSync(path('monitor-data', 'passphrase'), 'another one\n')
    const { code, stdout } = await run('restore', 'plain.tar')
    expect(code).toBe(0)
    const [, kept = ''] = /passphrase; what was there is (.*)/.exec(stdout) ?? []
    expect(readFileSync(kept, 'utf8')).toBe('another one\n')
    expect(readdirSync(path('monitor-data')).filter((name) => name.includes('.restoring'))).toEqual([])
    const restored = new Database(path('monitor-data', 'monitor.db'), { readonly: true })
    expect(restored.query("SELECT * FROM engine_memory WHERE name = 'after the backup'").all()).toEqual([])
    restored.close()
  })

  test('changes nothing for a wrong passphrase, a file that is cut off or changed anywhere, or something else', async () => {
    const before = sums(path('monitor-data'))
    const attempt = async (file: string, ...words: string[]) => {
      const { code, stderr } = await run('restore', file, ...words)
      expect(sums(path('monitor-data'))).toEqual(before)
      expect(stderr.split('\n')).toHaveLength(2)
      return { code, stderr: stderr.replaceAll(cwd, '') }
    }
    writeFileSync(path('wrong'), 'another passphrase\n')
    expect(await attempt('sealed.tar', '--passphrase-file', 'wrong')).toEqual({
      code: 1,
      stderr: 'monitor: this is not the passphrase that /sealed.tar was encrypted with\n',
    })
    const sealed = ['--passphrase-file', 'passphrase-of-backup']
    for (const [source, words] of [
      ['plain.tar', []],
      ['sealed.tar', sealed],
    ] as const) {
      const bytes = readFileSync(path(source))
      for (const at of [0, 0.1, 0.5, 0.9, 1].map((share) => Math.floor((bytes.length - 1) * share))) {
        writeFileSync(path('cut.tar'), bytes.subarray(0, at))
        expect((await attempt('cut.tar', ...words)).code).toBe(1)
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        writeFileSync(path('changed.tar'), changed)
        expect((await attempt('changed.tar', ...words)).code).toBe(1)
      }
    }
    // Behind the first file the archive is filled up to whole blocks.
    const filled = Uint8Array.from(readFileSync(path('plain.tar')))
    const size = Number.parseInt(new TextDecoder().decode(filled.subarray(124, 135)), 8)
    expect(size % 512).not.toBe(0)
    filled[512 + size] = 1
    writeFileSync(path('filled.tar'), filled)
    expect((await attempt('filled.tar')).stderr).toContain('damaged between two of its files')
    expect((await attempt('monitor.toml')).stderr).toContain('no backup of this program')
    expect((await attempt('gone.tar')).code).toBe(1)
    expect(existsSync(path('monitor-data', 'monitor.db.restoring'))).toBe(false)
  }, 60_000)
})

test.skipIf(process.getuid?.() !== 0)(
  'an owner that is not known here is refused before anything is made',
  async () => {
    const folder = makeTempDir()
    const place = join(folder, 'data')
    const { code, stderr } = await run(
      'restore',
      'plain.tar',
      '--data-dir',
      place,
      '--owner',
      'nobody-of-this-name',
    )
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('is not an account of this machine'),
    })
    expect(existsSync(place)).toBe(false)
    rmSync(folder, { recursive: true, force: true })
  },
)
