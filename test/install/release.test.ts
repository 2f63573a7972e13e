import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { NtExecutable, NtExecutableResource, Resource } from 'resedit'
import { type ArchiveEntry, packTarGz, packZip } from '../../.ci/archive.ts'
import { writeBillOfMaterials } from '../../.ci/release.ts'
import { brandExecutable } from '../../.ci/windows-resources.ts'
import { openDatagramSocket } from '../support/datagram-socket.ts'
import { makeTempDir, runMonitor, startMonitor } from '../support/spawn.ts'
import { findWindowsBun } from '../support/wine.ts'

const ROOT = join(import.meta.dir, '..', '..')

/** The program is large, and the machine may be busy. */
setDefaultTimeout(60_000)
const TIME = 1_700_000_000

describe('archives', () => {
  const folder = makeTempDir()
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const entries: readonly ArchiveEntry[] = [
    { name: 'monitor', data: crypto.getRandomValues(new Uint8Array(50_001)), mode: 0o755 },
    { name: 'empty', data: new Uint8Array(), mode: 0o644 },
    { name: 'LICENSE', data: new Uint8Array(512).fill(65), mode: 0o644 },
  ]
  const unpack = (file: string, archive: Uint8Array, ...command: string[]) => {
    writeFileSync(join(folder, file), archive)
    const target = join(folder, `${file}-unpacked`)
    const { success, stderr } = Bun.spawnSync(['mkdir', target])
    if (!success) throw new Error(stderr.toString())
    const done = Bun.spawnSync([...command, join(folder, file)], { cwd: target })
    expect(done.stderr.toString()).toBe('')
    expect(done.exitCode).toBe(0)
    for (const { name, data } of entries)
      expect(new Uint8Array(readFileSync(join(target, name)))).toEqual(new Uint8Array(data))
    return target
  }

  test('tar reads what was packed, with its rights and time', () => {
    const target = unpack('a.tar.gz', packTarGz(entries, TIME), 'tar', '--warning=all', '-xpzf')
    expect(statSync(join(target, 'monitor')).mode & 0o777).toBe(0o755)
    expect(statSync(join(target, 'LICENSE')).mtimeMs).toBe(TIME * 1000)
  })
  test.skipIf(!existsSync('/bin/busybox'))('so does unzip, and busybox tar', () => {
    unpack('a.zip', packZip(entries, TIME), '/bin/busybox', 'unzip', '-q')
    unpack('b.tar.gz', packTarGz(entries, TIME), '/bin/busybox', 'tar', '-xzf')
  })
  test('packing again gives the same bytes', () => {
    expect(packTarGz(entries, TIME)).toEqual(packTarGz(entries, TIME))
    expect(packZip(entries, TIME)).toEqual(packZip(entries, TIME))
  })
})

describe('the bill of materials', () => {
  const bill = JSON.parse(writeBillOfMaterials(TIME))
  const names: string[] = bill.components.map(({ name }: { name: string }) => name)

  test('names Bun and every package that runs, and none that only builds or tests', () => {
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    for (const name of ['bun', ...Object.keys(own.dependencies)]) expect(names).toContain(name)
    for (const name of Object.keys(own.devDependencies)) expect(names).not.toContain(name)
  })
  test('is the same for the same lock file, and names the program', () => {
    expect(writeBillOfMaterials(TIME)).toBe(`${JSON.stringify(bill, null, 2)}\n`)
    expect(bill.metadata.component).toMatchObject({ type: 'application', name: 'monitor' })
  })
  test('gives each a checksum, a licence and a version, and points at nothing that it does not name', () => {
    for (const { name, version, hashes, licenses, purl } of bill.components)
      expect([name, version, hashes?.[0]?.content.length, licenses.length > 0, purl]).toEqual([
        name,
        expect.any(String),
        128,
        true,
        expect.stringContaining(`@${version}`),
      ])
    const refs = new Set<string>([
      bill.metadata.component['bom-ref'],
      ...bill.components.map((one: { 'bom-ref': string }) => one['bom-ref']),
    ])
    expect(refs.size).toBe(bill.components.length + 1)
    for (const { ref, dependsOn } of bill.dependencies)
      expect([ref, ...dependsOn].filter((one) => !refs.has(one))).toEqual([])
  })
})

const WINDOWS_PROGRAM = join(ROOT, 'dist', 'monitor-windows-x64.exe')
const windowsBun = findWindowsBun()
const absent = [WINDOWS_PROGRAM, windowsBun].filter((path) => !existsSync(path))
if (absent.length > 0)
  console.log(`NOT TESTED HERE: icon and version on Windows (${absent.join(', ')} missing)`)

describe.skipIf(absent.length > 0)('the program for Windows', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

  test('is made from a Bun with our icon and version', () => {
    const icon = readFileSync(join(ROOT, 'assets', 'monitor.ico'))
    const texts = { title: 'Monitor', version: '1.2.3', licence: 'Apache-2.0' }
    const branded = brandExecutable(readFileSync(windowsBun), { icon, ...texts })
    const { entries } = NtExecutableResource.from(NtExecutable.from(branded))
    const versions = Resource.VersionInfo.fromEntries(entries)
    expect(versions).toHaveLength(1)
    expect(versions[0]?.getStringValues({ lang: 1033, codepage: 1200 })).toMatchObject({
      FileDescription: 'Monitor',
      ProductVersion: '1.2.3',
    })
    const [group] = Resource.IconGroupEntry.fromEntries(entries)
    expect(group?.icons.map(({ width }) => width % 256)).toEqual([16, 24, 32, 48, 64, 0])
  })
  test('reports our version and name', () => {
    const program = readFileSync(WINDOWS_PROGRAM)
    const wide = (text: string) => Buffer.from(`${text}\0`, 'utf16le')
    expect(program.includes(Buffer.concat([wide('ProductVersion'), wide(version)]))).toBe(true)
    expect(program.includes(wide('Monitor: server monitoring'))).toBe(true)
    expect(program.includes(wide('Oven'))).toBe(false)
  })
})

const QEMU = '/usr/bin/qemu-aarch64-static'
const ARM_ROOT = '/usr/aarch64-linux-gnu'
const ARM_PROGRAM = join(ROOT, 'dist', 'monitor-linux-arm64')
const missing = [QEMU, ARM_ROOT, ARM_PROGRAM].filter((path) => !existsSync(path))
if (missing.length > 0) console.log(`NOT TESTED HERE: the program for arm64 (${missing.join(', ')} missing)`)

describe.skipIf(missing.length > 0)('the program for arm64, under qemu', () => {
  const program = [QEMU, '-L', ARM_ROOT, ARM_PROGRAM]
  test('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect((await runMonitor(['--version'], { program })).stdout).toStartWith(`${version} (`)
  })
  test('prints once what it would send', async () => {
    const { code, stdout } = await runMonitor(['agent', '--once'], { program })
    const { facts, metrics, frames } = JSON.parse(stdout)
    expect(facts.memoryMb).toBeGreaterThan(100)
    expect(metrics).toContain('perf.memory.percent.used')
    expect(frames[0]).toHaveLength(metrics.length + 1)
    expect(code).toBe(0)
  })
})

const MUSL_LOADER = '/lib/ld-musl-x86_64.so.1'
const MUSL_PROGRAM = join(ROOT, 'dist', 'monitor-linux-x64-musl')
const LIBRARIES = ['/usr/lib/x86_64-linux-gnu/libstdc++.so.6', '/lib/x86_64-linux-gnu/libgcc_s.so.1']
const lacking = [MUSL_LOADER, MUSL_PROGRAM, '/usr/bin/gcc', ...LIBRARIES].filter((path) => !existsSync(path))
if (lacking.length > 0) console.log(`NOT TESTED HERE: the program for musl (${lacking.join(', ')} missing)`)

describe.skipIf(lacking.length > 0)("the program for musl, under musl's own loader", () => {
  let folder = ''
  const options = { program: [MUSL_PROGRAM], env: { LD_LIBRARY_PATH: '' } }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeAll(() => {
    folder = makeTempDir()
    options.env.LD_LIBRARY_PATH = folder
    for (const library of LIBRARIES) copyFileSync(library, join(folder, basename(library)))
    const shim = join(folder, 'ld-linux-x86-64.so.2')
    const source = join(ROOT, 'test', 'fixtures', 'glibc-names.c')
    const { stderr } = Bun.spawnSync(['gcc', '-shared', '-fPIC', '-nostdlib', '-o', shim, source])
    expect(stderr.toString()).toBe('')
  })

  test('prints once what it would send', async () => {
    const { code, stdout } = await runMonitor(['agent', '--once'], options)
    expect(JSON.parse(stdout).metrics).toContain('perf.memory.percent.used')
    expect(code).toBe(0)
  })
  test('reports its state to systemd', async () => {
    const address = join(folder, 'notify')
    const socket = openDatagramSocket(address)
    const { env } = options
    const monitor = await startMonitor(['events', '--data-dir', join(folder, 'data')], {
      ...options,
      cwd: folder,
      env: { ...env, NOTIFY_SOCKET: address },
    })
    expect(await monitor.stop()).toBe(0)
    expect([socket.receive(), socket.receive()]).toEqual(['READY=1', 'STOPPING=1'])
    socket.close()
  })
})
