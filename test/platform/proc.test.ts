import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readMachineName } from '../../src/platform/machine.ts'
import { openProcFs, type StatFs } from '../../src/platform/proc.ts'
import { fakeClock } from '../support/clock.ts'
import { expectFailure } from '../support/failure.ts'
import { space } from './fake-proc.ts'

const root = mkdtempSync(join(tmpdir(), 'monitor-proc-'))
afterAll(() => rmSync(root, { recursive: true }))
mkdirSync(join(root, 'sys/block/sda'), { recursive: true })
writeFileSync(join(root, 'sys/size'), '42\n')
symlinkSync('../nowhere', join(root, 'sys/link'))

test('reads below its root', () => {
  const proc = openProcFs(root)
  expect(proc.readText('/sys/size')).toBe('42\n')
  expect(proc.readTextIfThere('/sys/size')).toBe('42\n')
  expect(proc.list('/sys').sort()).toEqual(['block', 'link', 'size'])
  expect(proc.listFolders('/sys')).toEqual(['block'])
  expect(proc.readLink('/sys/link')).toBe('../nowhere')
})

test('what is not there is null or empty, and only what must be there throws', () => {
  const proc = openProcFs(`${root}/`)
  expect(proc.readTextIfThere('/sys/none')).toBeNull()
  expect(proc.readTextIfThere('/sys/size/none')).toBeNull()
  expect(proc.list('/none')).toEqual([])
  expect(proc.listFolders('/none')).toEqual([])
  expect(proc.countLinks('/none')).toBe(0)
  expect(proc.has('/none')).toBe(false)
  expect(proc.readLink('/sys/none')).toBeNull()
  expect(proc.readLink('/sys')).toBeNull()
  expect(() => proc.readText('/sys/none')).toThrow('ENOENT')
  expect(() => proc.readTextIfThere('/sys/block')).toThrow('EISDIR')
})

test('asks the real system for space, by either way', async () => {
  const proc = openProcFs(root)
  for (const quick of [false, true]) {
    const found = await proc.statfs('/', { quick })
    expect(found?.blockSize).toBeGreaterThanOrEqual(512)
    expect(found?.blocks).toBeGreaterThan(0)
    expect(found?.blocksFree).toBeLessThanOrEqual(found?.blocks ?? 0)
  }
  await expectFailure(Promise.resolve(openProcFs(root).statfs('/none')), 'ENOENT')
  await expectFailure(Promise.resolve(openProcFs(root).statfs('/none', { quick: true })), 'ENOENT')
})

/** A system whose calls come back when the test says so. */
function setUp() {
  const calls: { path: string; answer: (found: StatFs) => void; fail: (error: Error) => void }[] = []
  const clock = fakeClock()
  const statfs = (path: string) =>
    new Promise<StatFs>((answer, fail) => {
      calls.push({ path, answer, fail })
    })
  return { calls, clock, proc: openProcFs('/', { clock, statfs }) }
}

test('a mount that does not answer is given up after a second and not asked again until it has', async () => {
  const { calls, clock, proc } = setUp()
  const first = proc.statfs('/dead')
  await clock.advance(1000)
  expect(await first).toBeNull()
  expect(await proc.statfs('/dead')).toBeNull()
  expect(calls).toHaveLength(1)
  calls[0]?.answer(space())
  await clock.advance(1)
  const again = proc.statfs('/dead')
  calls[1]?.answer(space({ blocks: 7 }))
  expect((await again)?.blocks).toBe(7)
})

test('local mounts are asked while another hangs', async () => {
  const { calls, clock, proc } = setUp()
  const dead = proc.statfs('/dead', { remote: true })
  await clock.advance(0)
  await clock.advance(1000)
  expect(await dead).toBeNull()
  const local = proc.statfs('/')
  expect(calls.map(({ path }) => path)).toEqual(['/dead', '/'])
  calls[1]?.answer(space())
  expect(await local).not.toBeNull()
})

test('of four dead network mounts one holds a thread, and all are asked again when it is back', async () => {
  const { calls, clock, proc } = setUp()
  const ask = () => Promise.all(['/a', '/b', '/c', '/d'].map((path) => proc.statfs(path, { remote: true })))
  const first = ask()
  await clock.advance(0)
  await clock.advance(1000)
  expect(await first).toEqual([null, null, null, null])
  expect(await ask()).toEqual([null, null, null, null])
  expect(calls.map(({ path }) => path)).toEqual(['/a'])
  calls[0]?.fail(new Error('ESTALE'))
  await clock.advance(1)
  const later = ask()
  for (let i = 1; i <= 4; i++) {
    await clock.advance(1)
    calls[i]?.answer(space())
  }
  expect((await later).every((found) => found !== null)).toBe(true)
})

test('a mount that fails is reported and does not keep the next one waiting', async () => {
  const { calls, clock, proc } = setUp()
  const refused = Promise.resolve(proc.statfs('/a', { remote: true })).catch((error: Error) => error.message)
  const next = proc.statfs('/b', { remote: true })
  await clock.advance(1)
  calls[0]?.fail(new Error('EACCES'))
  expect(await refused).toBe('EACCES')
  await clock.advance(1)
  calls[1]?.answer(space())
  expect(await next).not.toBeNull()
})

test('a folder of /proc has two links and one for each folder in it', () => {
  const proc = openProcFs()
  expect(proc.countLinks('/proc/tty')).toBe(2 + proc.listFolders('/proc/tty').length)
})

test('a pipe in the place of a file does not hold up the caller', () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-pipe-'))
  try {
    expect(Bun.spawnSync(['mkfifo', join(folder, 'loadavg')]).exitCode).toBe(0)
    expect(openProcFs(folder).readText('/loadavg')).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a file that does not come back is given up after a second, named, and read again when it is back', async () => {
  const clock = fakeClock()
  const calls: { path: string; answer: (text: string) => void }[] = []
  const readFile = (path: string) => new Promise<string>((answer) => calls.push({ path, answer }))
  const proc = openProcFs('/', { clock, readFile })
  const first = proc.readSlowly('/proc/7/cmdline').catch((error: Error) => error.message)
  await clock.advance(0)
  await clock.advance(1000)
  expect(await first).toBe('/proc/7/cmdline has not been read within 1000 ms')
  expect(proc.listStuck()).toEqual(['/proc/7/cmdline'])
  await expectFailure(proc.readSlowly('/proc/8/cmdline'), 'not been read')
  expect(calls).toHaveLength(1)
  calls[0]?.answer('late')
  await clock.advance(1)
  expect(proc.listStuck()).toEqual([])
  const again = proc.readSlowly('/proc/8/cmdline')
  await clock.advance(0)
  calls[1]?.answer('sh')
  expect(await again).toBe('sh')
})

test('a file that is not there is none', async () => {
  expect(await openProcFs().readSlowly('/proc/self/none')).toBeNull()
  expect(await openProcFs().readSlowly('/proc/self/comm')).not.toBeNull()
})

test('from a container it reads of the first process what the kernel would answer by who asks', () => {
  const host = mkdtempSync(join(tmpdir(), 'monitor-proc-'))
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(host, path)), { recursive: true })
    writeFileSync(join(host, path), text)
  }
  put('/proc/1/net/dev', 'of the machine')
  put('/proc/self/net/dev', 'of the container')
  symlinkSync('self/net', join(host, 'proc/net'))
  put('/proc/1/mountinfo', 'of the machine')
  put('/proc/self/mountinfo', 'of the container')
  put('/proc/sys/kernel/hostname', 'container\n')
  put('/proc/stat', 'of both')
  const paths = ['/proc/net/dev', '/proc/self/mountinfo', '/proc/stat']
  const proc = openProcFs(host, { isHostRoot: true })
  expect(paths.map((path) => proc.readText(path))).toEqual(['of the machine', 'of the machine', 'of both'])
  expect(openProcFs(host).readText('/proc/net/dev')).toBe('of the container')
  // Where no file has the machine's name, the container's name is better than none.
  expect(readMachineName(proc)).toBe('container')
  put('/etc/hostname', 'web01.example.org\n')
  expect(readMachineName(proc)).toBe('web01')
  rmSync(host, { recursive: true })
})

test('numbers of a folder are those that its list has, however many there are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-numbers-'))
  for (let i = 0; i < 9000; i++) writeFileSync(join(folder, String(i * 7)), '')
  for (const other of ['7x', 'x7', 'self', '-1']) writeFileSync(join(folder, other), '')
  const proc = openProcFs(folder)
  const numbers = proc.listNumbers('/')
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 9000 }, (_, i) => i * 7))
  expect(proc.listNumbers('/none')).toEqual([])
  expect(openProcFs().listNumbers('/proc')).toContain(process.pid)
  rmSync(folder, { recursive: true })
})
