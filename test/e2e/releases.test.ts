import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createEnrolmentSecret,
  decodeEnrolmentCode,
  encodeEnrolmentCode,
} from '../../src/protocol/enrolment-code.ts'
import { COMPILED, makeTempDir, type RunningMonitor, startMonitor } from '../support/spawn.ts'

const BUILD = `monitor-linux-${process.arch}.tar.gz`
const PATH = '/monitor'
let cwd = ''
let server: RunningMonitor
let origin = ''
let base = ''
let plain = ''
let pin = ''

beforeAll(async () => {
  cwd = makeTempDir()
  mkdirSync(join(cwd, 'data', 'releases'), { recursive: true })
  writeFileSync(join(cwd, 'data', 'releases', 'monitor-windows-x64.zip'), 'an archive of another platform')
  const ports = ['web.port=0', 'web.tls=true', 'web.tls_port=0', 'collect.port=0', 'collect.tls_port=0']
  // Every address that is printed has the path, too.
  ports.push(`web.base_path=${PATH}`)
  server = await startMonitor(
    ['server', '--data-dir', join(cwd, 'data'), ...ports.flatMap((one) => ['--set', one])],
    {
      cwd,
      program: COMPILED,
    },
  )
  origin = `https://127.0.0.1:${server.ports.web_tls}`
  base = origin + PATH
  plain = `http://127.0.0.1:${server.ports.web}`
  // As `openssl` and curl compute it from the certificate.
  const key = Bun.spawnSync([
    'sh',
    '-c',
    `openssl x509 -in ${join(cwd, 'data', 'tls.pem')} -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | openssl base64`,
  ])
  pin = `sha256//${key.stdout.toString().trim()}`
})
afterAll(async () => {
  await server.stop()
  rmSync(cwd, { recursive: true, force: true })
})

/** The ports that it has, as the shell's configuration would say them. */
const settingsOf = ({ ports }: RunningMonitor) =>
  [
    `web.tls_port=${ports.web_tls}`,
    `collect.tls_port=${ports.collect_tls}`,
    'web.tls=true',
    `web.base_path=${PATH}`,
  ].flatMap((one) => ['--set', one])

const curl = (...words: string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['curl', '-sS', ...words])
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
}
const pinned = (path: string, ...words: string[]) =>
  curl('-f', '-k', '--pinnedpubkey', pin, ...words, base + path)

test('a server hands out its install scripts, which know where its releases are and its pin', () => {
  const { code, stdout } = pinned('/install.sh')
  expect(code).toBe(0)
  expect(stdout).toContain(`\nSERVED_FROM='${base}/releases/'\nSERVED_PIN='${pin}'\n`)
  expect(pinned('/install.ps1').stdout).toContain(`\n$ServedFrom = '${base}/releases/'`)
  expect(curl('-f', '-k', '--pinnedpubkey', `sha256//${'A'.repeat(43)}=`, `${base}/install.sh`).code).toBe(90)
})

test('the address to open has the path', async () => {
  for (let i = 0; i < 200 && !server.stdout().includes('Open '); i++) await Bun.sleep(20)
  expect(server.stdout()).toContain(`Open https://localhost:${server.ports.web_tls}${PATH}/\n`)
})

test('a made-up Host header does not get into the script', () => {
  const { stdout } = curl('-k', '-H', "Host: x';reboot;'", `${base}/install.sh`)
  expect(stdout).not.toContain('reboot')
})

test('it hands out its own release, packed once, and those that were laid into its folder', async () => {
  const archive = join(cwd, 'fetched.tar.gz')
  expect(pinned(`/releases/${BUILD}`, '-o', archive).code).toBe(0)
  const sum = new Bun.CryptoHasher('sha256').update(readFileSync(archive)).digest('hex')
  expect(pinned(`/releases/${BUILD}.sha256`).stdout).toBe(`${sum}  ${BUILD}\n`)
  expect(Bun.spawnSync(['tar', '-xzf', archive], { cwd }).exitCode).toBe(0)
  expect(statSync(join(cwd, 'monitor')).size).toBe(statSync(COMPILED[0] ?? '').size)
  const small = BUILD.replace(/gz$/, 'zst')
  expect(pinned(`/releases/${small}`, '-o', join(cwd, small)).code).toBe(0)
  expect(statSync(join(cwd, small)).size).toBeLessThan(0.9 * statSync(archive).size)
  const unpacked = Bun.zstdDecompressSync(readFileSync(join(cwd, small)))
  expect(unpacked.equals(Bun.gunzipSync(readFileSync(archive)))).toBe(true)
  expect(pinned('/releases/monitor-windows-x64.zip').stdout).toBe('an archive of another platform')
  expect(pinned('/releases/monitor-windows-x64.zip.sha256').stdout).toMatch(
    /^[0-9a-f]{64} {2}monitor-windows-x64.zip\n$/,
  )
})

test('nothing else of the data folder, and nothing over plain HTTP', () => {
  for (const path of [
    '/releases/monitor-linux-riscv64.tar.gz',
    '/releases/..%2fpassphrase',
    '/releases/.',
    '/releases/%2e%2e',
    '/releases/passphrase',
  ])
    expect(pinned(path).code).toBe(22)
  const { stdout } = curl('-o', '/dev/null', '-w', '%{http_code}', `${plain}/install.sh`)
  expect(stdout).toBe('308')
})

test('the script that is handed out installs from there, and refuses what is not what the server says', () => {
  const script = join(cwd, 'install.sh')
  writeFileSync(script, pinned('/install.sh').stdout)
  const look = Bun.spawnSync(['sh', script, '--version'])
  expect(look.stderr.toString()).toBe('')
  expect(look.stdout.toString()).toMatch(/^available: \d+\.\d+\.\d+ \(/m)
  const other = join(cwd, 'other.sh')
  writeFileSync(
    other,
    readFileSync(script, 'utf8').replace(/^SERVED_PIN=.*$/m, `SERVED_PIN='sha256//${'A'.repeat(43)}='`),
  )
  expect(Bun.spawnSync(['sh', other, '--version']).exitCode).not.toBe(0)
  const cut = join(cwd, 'cut.sh')
  writeFileSync(cut, readFileSync(script, 'utf8').slice(0, -200))
  expect(Bun.spawnSync(['sh', cut, '--version']).exitCode).not.toBe(0)
  expect(existsSync('/usr/local/bin/.monitor-install')).toBe(false)
})

test('"Add a host" makes a code and the line with the pin, which an administrator alone gets', async () => {
  const jar = join(cwd, 'cookies')
  const page = (path: string, ...words: string[]) =>
    curl('-k', '--pinnedpubkey', pin, '-b', jar, '-c', jar, '-H', `Origin: ${origin}`, ...words, base + path)
      .stdout
  const csrfOf = (text: string) => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
  const first = readFileSync(join(cwd, 'data', 'initial-admin-password'), 'utf8').trim()
  page('/login', '--data-urlencode', 'name=admin', '--data-urlencode', `password=${first}`)
  const own = 'chosen by a person'
  const change = [
    '--data-urlencode',
    `csrf=${csrfOf(page('/password'))}`,
    '--data-urlencode',
    `current=${first}`,
  ]
  page('/password', ...change, '--data-urlencode', `new=${own}`, '--data-urlencode', `again=${own}`)
  const path = '/add-host?since=1&server=monitor.example.org'
  const before = page(path)
  expect(before).toContain('Create code and command')
  expect(before).not.toContain('mon1-')
  const text = page(path, '--data-urlencode', `csrf=${csrfOf(before)}`).replaceAll('&#x27;', "'")
  const port = new URL(base).port
  const [line = '', code = ''] =
    /curl -fsS -k --pinnedpubkey \S+ https:\/\/monitor\.example\.org:\d+\/monitor\/install\.sh \| sudo sh -s -- agent --enroll (mon1-[\w-]+)/.exec(
      text,
    ) ?? []
  expect(line).toContain(`-k --pinnedpubkey ${pin} https://monitor.example.org:${port}${PATH}/install.sh`)
  expect(decodeEnrolmentCode(code)).toMatchObject({
    host: 'monitor.example.org',
    port: server.ports.collect_tls,
    isPinned: true,
    releases: new Bun.CryptoHasher('sha256').update(pinned('/releases/SHA256SUMS').stdout).digest('hex'),
  })
  // Loading the page again does not show it once more.
  expect(page(path)).not.toContain(code)
  expect(curl('-k', '-X', 'POST', base + path).stdout).not.toContain('mon1-')
})

test('the shell makes the same code and the same line', () => {
  const at = ['--data-dir', join(cwd, 'data'), ...settingsOf(server)]
  const run = (...words: string[]) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([...COMPILED, 'enroll', 'create', ...at, ...words], {
      cwd,
    })
    return { code: exitCode, out: stdout.toString().trim(), err: stderr.toString() }
  }
  const { out, err } = run('--line', '--server', 'monitor.example.org')
  const { port } = new URL(base)
  expect(err).toBe('')
  expect(out).toMatch(/^curl .* agent --enroll mon1-[\w-]+$/)
  expect(out).toStartWith(
    `curl -fsS -k --pinnedpubkey ${pin} https://monitor.example.org:${port}${PATH}/install.sh | sudo sh -s -- agent --enroll mon1-`,
  )
  const sum = new Bun.CryptoHasher('sha256').update(pinned('/releases/SHA256SUMS').stdout).digest('hex')
  const code = run('--server', 'monitor.example.org').out
  expect(decodeEnrolmentCode(code)).toMatchObject({ host: 'monitor.example.org', releases: sum })
  expect(decodeEnrolmentCode(out.split(' ').at(-1) ?? '')).toMatchObject({ releases: sum })
  // Without HTTPS there is no line, and the code contains no checksum.
  const plainly = run('--set', 'web.tls=false', '--server', 'monitor.example.org')
  expect(decodeEnrolmentCode(plainly.out)).toMatchObject({ releases: null })
  const none = run('--line', '--set', 'web.tls=false')
  expect({ ...none, err: none.err.split(':')[1]?.trim() }).toEqual({
    code: 1,
    out: '',
    err: 'there is no line',
  })
})

test("a code vouches for the releases, so that a build of one's own is verified too", () => {
  const sums = pinned('/releases/SHA256SUMS').stdout
  expect(sums).toMatch(new RegExp(`^[0-9a-f]{64}  ${BUILD}$`, 'm'))
  expect(sums).toContain('  monitor-windows-x64.zip\n')
  const releases = new Bun.CryptoHasher('sha256').update(sums).digest('hex')
  const script = join(cwd, 'install.sh')
  writeFileSync(script, pinned('/install.sh').stdout)
  /** Names of every length, so that the code has every length modulo three. */
  const look = (host: string, of: string | null) => {
    const secret = createEnrolmentSecret()
    const fingerprint = 'ab'.repeat(32)
    const code = encodeEnrolmentCode({ host, port: 8889, fingerprint, isPinned: true, secret, releases: of })
    expect(decodeEnrolmentCode(code)).toMatchObject({ host, secret, releases: of })
    const { exitCode, stdout, stderr } = Bun.spawnSync(['sh', script, 'agent', '--enroll', code, '--version'])
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
  }
  for (const host of ['a', 'ab'])
    expect(look(host, releases)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Its checksum is the one that the code vouches for.'),
    })
  expect(look('a', null).stdout).not.toContain('vouches')
  expect(look('abc', 'f'.repeat(64))).toMatchObject({
    exitCode: 1,
    stderr:
      'install.sh: the releases of this server are no longer those that the code was made for: make a new code. Nothing was changed.\n',
  })
})
