import { afterAll, beforeAll, expect, test } from 'bun:test'
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findSigningKey, finishRelease, packRelease } from '../../.ci/release.ts'
import { makeTempDir } from '../support/spawn.ts'

const TIME = 1_700_000_000
const BUILD = `monitor-linux-${process.arch}`
let folder = ''
let key: KeyObject
const dist = () => join(folder, 'dist')

beforeAll(() => {
  folder = makeTempDir()
  // Made for this test alone; that of a release comes from outside.
  key = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey
  writeFileSync(join(folder, 'key.pem'), key.export({ type: 'pkcs8', format: 'pem' }))
  Bun.spawnSync(['mkdir', dist()])
  writeFileSync(join(dist(), BUILD), '#!/bin/sh\necho "9.9.9 (test)"\n', { mode: 0o755 })
  const found = findSigningKey({ MONITOR_SIGNING_KEY: join(folder, 'key.pem') })
  const archive = packRelease(dist(), BUILD, TIME, found)
  finishRelease(dist(), [BUILD, archive], TIME, found)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What `install.sh --version` of the release says of a source: it fetches, verifies and tries, and changes nothing. */
async function look(from: string, ...words: string[]) {
  const child = Bun.spawn(['/bin/sh', join(dist(), 'install.sh'), '--version', '--from', from, ...words], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr: stderr.trim() }
}

/** A copy of the release in which something is not as it was. */
async function lookAtChanged(change: (place: string) => void) {
  const place = makeTempDir()
  cpSync(dist(), place, { recursive: true })
  change(place)
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const file = join(place, new URL(request.url).pathname.slice(1))
      return existsSync(file) ? new Response(Bun.file(file)) : new Response('', { status: 404 })
    },
  })
  try {
    const [byFile, byUrl] = [await look(`${place}/`), await look(`http://127.0.0.1:${server.port}/`)]
    return { byFile, byUrl }
  } finally {
    server.stop(true)
    rmSync(place, { recursive: true, force: true })
  }
}

test('a release is signed by the key from outside, as OpenSSL verifies it, and the scripts know its public half', () => {
  const sums = readFileSync(join(dist(), 'SHA256SUMS'))
  expect(verify('sha256', sums, key, readFileSync(join(dist(), 'SHA256SUMS.sig')))).toBe(true)
  expect(readFileSync(join(dist(), 'install.sh'), 'utf8')).toMatch(/^RELEASE_KEY='[A-Za-z0-9+/=]{300,}'$/m)
  expect(readFileSync(join(dist(), 'install.ps1'), 'utf8')).toMatch(
    /^\$ReleaseKey = '<RSAKeyValue><Modulus>[A-Za-z0-9+/=]{500,}<\/Modulus><Exponent>AQAB<\/Exponent><\/RSAKeyValue>'$/m,
  )
  const packed = Bun.spawnSync([
    'tar',
    '-xzOf',
    join(dist(), `${BUILD}.tar.gz`),
    'install.sh',
  ]).stdout.toString()
  expect(packed).toBe(readFileSync(join(dist(), 'install.sh'), 'utf8'))
})

test('without a key nothing is signed, and the scripts know none', () => {
  const place = makeTempDir()
  writeFileSync(join(place, BUILD), 'x')
  expect(findSigningKey({})).toBeNull()
  expect(finishRelease(place, [BUILD], TIME)).not.toContain('SHA256SUMS.sig')
  expect(readFileSync(join(place, 'install.sh'), 'utf8')).toContain("\nRELEASE_KEY=''\n")
  rmSync(place, { recursive: true, force: true })
})

test('a genuine release is taken, from a folder and from a URL', async () => {
  const { byFile, byUrl } = await lookAtChanged(() => {})
  for (const found of [byFile, byUrl]) {
    expect(found).toMatchObject({ code: 0, stderr: '' })
    expect(found.stdout).toContain('Its checksum is signed by the key of this release.')
    expect(found.stdout).toContain('available: 9.9.9 (test)')
  }
})

test('checksums that were changed, and those signed by another key, are refused', async () => {
  const wrong =
    'install.sh: the signature of SHA256SUMS is wrong: this release is damaged or not genuine. Nothing was changed.'
  const other = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey
  for (const change of [
    (place: string) => appendFileSync(join(place, 'SHA256SUMS'), '\n'),
    (place: string) =>
      writeFileSync(
        join(place, 'SHA256SUMS.sig'),
        sign('sha256', readFileSync(join(place, 'SHA256SUMS')), other),
      ),
    (place: string) => writeFileSync(join(place, 'SHA256SUMS.sig'), ''),
  ]) {
    const { byFile, byUrl } = await lookAtChanged(change)
    for (const { code, stderr } of [byFile, byUrl])
      expect({ code, stderr }).toEqual({ code: 1, stderr: wrong })
  }
})

test('an archive that was changed is refused, whatever lies beside it', async () => {
  const { byFile, byUrl } = await lookAtChanged((place) => {
    appendFileSync(join(place, `${BUILD}.tar.gz`), 'more')
    const sum = new Bun.CryptoHasher('sha256')
      .update(readFileSync(join(place, `${BUILD}.tar.gz`)))
      .digest('hex')
    writeFileSync(join(place, `${BUILD}.tar.gz.sha256`), `${sum}  ${BUILD}.tar.gz\n`)
  })
  for (const { code, stderr } of [byFile, byUrl]) {
    expect(code).toBe(1)
    expect(stderr).toContain('is damaged or not genuine')
  }
})

test('a URL without a signature is refused, unless the checksum is known from elsewhere', async () => {
  const { byUrl } = await lookAtChanged((place) => rmSync(join(place, 'SHA256SUMS.sig')))
  expect(byUrl.code).toBe(1)
  expect(byUrl.stderr).toStartWith('install.sh: no signature for')
  const sum = new Bun.CryptoHasher('sha256')
    .update(readFileSync(join(dist(), `${BUILD}.tar.gz`)))
    .digest('hex')
  expect((await look(dist(), '--sha256', sum)).code).toBe(0)
  expect((await look(dist(), '--sha256', 'a'.repeat(64))).code).toBe(1)
})

test('an enrolment code that is none is refused before anything is done', async () => {
  const run = (code: string) =>
    Bun.spawnSync(['/bin/sh', join(dist(), 'install.sh'), 'agent', '--enroll', code]).stderr.toString()
  expect(run('abc')).toBe('install.sh: this is no enrolment code: it begins with mon1-\n')
  expect(run('mon1-a;reboot')).toContain('letters, digits, - and _ are expected')
})

test('a URL that is not https is refused before anything is fetched, unless the checksum is given or it is this machine', async () => {
  for (const from of [
    'http://192.0.2.1/',
    'http://localhost.example.org/monitor.tar.gz',
    'http://127.0.0.1.example.org/',
  ]) {
    const { code, stderr } = await look(from)
    expect(code).toBe(64)
    expect(stderr).toBe(
      `install.sh: ${from} is not https, so that anybody on its way could change it: take https, or give --sha256. ` +
        'Nothing was changed.',
    )
  }
})

test('no redirect leads wget from https elsewhere', () => {
  const place = makeTempDir()
  const said = join(place, 'said')
  writeFileSync(
    join(place, 'wget'),
    `#!/bin/sh\n[ "$1" != --help ] || { echo ' --max-redirect=NUMBER'; exit 0; }\necho "$@" >>${said}\nexit 4\n`,
    { mode: 0o755 },
  )
  const tools = [
    'sh',
    'uname',
    'id',
    'ldd',
    'mktemp',
    'rm',
    'sed',
    'dirname',
    'cut',
    'head',
    'awk',
    'grep',
    'cat',
    'mkdir',
    'cp',
    'cat',
  ]
  for (const tool of new Set(tools)) {
    const path = Bun.which(tool)
    if (path !== null) symlinkSync(path, join(place, tool))
  }
  const script = join(dist(), 'install.sh')
  const { exitCode, stderr } = Bun.spawnSync(
    ['/bin/sh', script, '--version', '--from', 'https://192.0.2.1/monitor.tar.gz'],
    {
      env: { PATH: place },
    },
  )
  expect([exitCode, stderr.toString()]).toEqual([1, expect.stringContaining('could not be had')])
  expect(readFileSync(said, 'utf8')).toContain('-q --max-redirect=0 -O ')
  rmSync(place, { recursive: true })
})
