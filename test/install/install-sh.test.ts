import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { packTarGz } from '../../.ci/archive.ts'
import { COMPILED } from '../support/spawn.ts'
import { type Chroot, findChrootObstacle, makeChroot } from '../support/sql/chroot.ts'

const ROOT = join(import.meta.dir, '..', '..')

/** The program is large, and the machine may be busy. */
setDefaultTimeout(60_000)
const SCRIPT = join(ROOT, 'install.sh')
const FIXTURES = join(ROOT, 'test', 'fixtures')
const PROGRAM = COMPILED[0] ?? ''
const FILE = `monitor-linux-${process.arch}`

const obstacle = findChrootObstacle()
if (obstacle !== null) console.log(`NOT TESTED HERE: install.sh (${obstacle})`)

const sha256 = (data: Uint8Array) => new Bun.CryptoHasher('sha256').update(data).digest('hex')

/** Files and folders of the root with their sizes, without what programs leave in passing. */
function listAll(root: Chroot): string[] {
  return readdirSync(root.at('/'), { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(proc|dev)\//.test(path))
    .sort()
    .map((path) => `${path} ${statSync(root.at(path), { throwIfNoEntry: false })?.size}`)
}

/** Puts a program of this machine into a root, with the libraries that it is linked to. */
function takeProgram(root: Chroot, program: string) {
  const linked = Bun.spawnSync(['ldd', program]).stdout.toString()
  for (const library of linked.match(/\/\S+(?= \()/g) ?? []) {
    mkdirSync(dirname(root.at(library)), { recursive: true })
    copyFileSync(library, root.at(library))
  }
  copyFileSync(program, root.at(`/bin/${basename(program)}`))
}

/** A .tar.gz as .tar.xz. */
const xz = (archive: Uint8Array) =>
  new Uint8Array(Bun.spawnSync(['xz', '--stdout'], { stdin: gunzipSync(archive) }).stdout)

function makeRoot(tools: Readonly<Record<string, string>>): Chroot {
  const root = makeChroot({ [`/release/${FILE}`]: PROGRAM, ...tools })
  writeFileSync(root.at(`/release/${FILE}.sha256`), `${sha256(readFileSync(PROGRAM))}  ${FILE}\n`)
  copyFileSync(SCRIPT, root.at('/release/install.sh'))
  writeFileSync(root.at('/root/passphrase'), 'a passphrase of a test\n')
  return root
}

test.skipIf(!existsSync('/usr/bin/shellcheck'))('shellcheck finds nothing in install.sh', () => {
  const { stdout } = Bun.spawnSync(['shellcheck', SCRIPT])
  expect(stdout.toString()).toBe('')
})

describe.skipIf(obstacle !== null)('install.sh under dash, with systemd', () => {
  let root: Chroot
  const install = (...words: string[]) => root.run(['/bin/dash', '/release/install.sh', ...words])
  const FROM = ['--from', `/release/${FILE}`]
  const AGENT = [...FROM, '--server', '127.0.0.1:1', '--passphrase-file', '/root/passphrase']
  const calls = () =>
    readFileSync(root.at('/run/systemctl-calls'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('show'))

  beforeAll(() => {
    root = makeRoot({
      '/usr/sbin/useradd': '/usr/sbin/useradd',
      '/usr/sbin/userdel': '/usr/sbin/userdel',
      '/usr/sbin/groupdel': '/usr/sbin/groupdel',
      '/usr/bin/systemctl': join(FIXTURES, 'systemctl.sh'),
    })
    mkdirSync(root.at('/run/systemd/system'), { recursive: true })
    mkdirSync(root.at('/etc/systemd/system'), { recursive: true })
  })
  afterAll(() => root.close())

  const wrongArguments: [string, string][] = [
    ['', 'a role is missing'],
    ['wizard', 'unknown role "wizard"'],
    ['agent server', 'one role at a time'],
    ['agent --form x', 'unknown option --form'],
    ['agent --from', '--from takes a value'],
    ['agent --purge=yes', 'takes no value'],
    ['agent --purge', '--purge goes with --uninstall'],
    ['server --server x:1', 'for the role agent'],
    ['agent --agent', 'for the role server'],
    ['collect --no-events', 'for the role server'],
  ]
  test.each(wrongArguments)('"install.sh %s" ends with 64 and says why', async (line, words) => {
    const { code, stderr } = await install(...line.split(' ').filter(Boolean))
    expect(stderr).toContain(words)
    expect(code).toBe(64)
  })

  test('a dry run says each step and changes nothing', async () => {
    const before = listAll(root)
    const { code, stdout } = await install('agent', ...AGENT, '--dry-run')
    expect(code).toBe(0)
    for (const words of ['Fetch', 'SHA-256', '/usr/local/bin/monitor', 'service install agent', 'Start'])
      expect(stdout).toMatch(new RegExp(`^Would: .*${words}`, 'm'))
    expect(listAll(root)).toEqual(before)
  })

  const libraries: [string, string, string][] = [
    ['glibc', 'ldd (Debian GLIBC 2.36-9) 2.36', FILE],
    ['musl', 'musl libc (x86_64)\nVersion 1.2.5', `${FILE}-musl`],
  ]
  test.each(libraries)('on a machine with %s it takes the build for it', async (_name, said, file) => {
    writeFileSync(root.at('/bin/ldd'), `#!/bin/sh\nprintf '%s\\n' '${said}' >&2\n`, { mode: 0o755 })
    writeFileSync(root.at(`/release/${file}.tar.gz`), '')
    const { stdout } = await install('server', '--dry-run', '--from', '/release/')
    expect(stdout).toContain(`Would: Fetch /release/${file}.tar.gz.`)
    rmSync(root.at(`/release/${file}.tar.gz`))
    rmSync(root.at('/bin/ldd'))
  })

  test('without --from it takes what lies beside it: the program of an unpacked archive too', async () => {
    mkdirSync(root.at('/tmp/unpacked'))
    copyFileSync(SCRIPT, root.at('/tmp/unpacked/install.sh'))
    const tryIt = () => root.run(['/bin/dash', '/tmp/unpacked/install.sh', 'server', '--dry-run'])
    expect((await tryIt()).stderr).toContain('there is neither')
    linkSync(root.at(`/release/${FILE}`), root.at('/tmp/unpacked/monitor'))
    expect((await tryIt()).stdout).toContain('Would: Fetch /tmp/unpacked/monitor.\n')
    rmSync(root.at('/tmp/unpacked'), { recursive: true })
  })

  test('a wrong checksum is refused, and nothing is changed', async () => {
    const before = listAll(root)
    const { code, stderr } = await install('agent', ...AGENT, '--sha256', 'ab'.repeat(32))
    expect(stderr).toContain('damaged or not genuine')
    expect(code).toBe(1)
    expect(listAll(root).filter((line) => !line.startsWith('usr/local'))).toEqual(before)
    expect(readdirSync(root.at('/usr/local/bin'))).toEqual([])
  })

  test('a program that does not run here is refused', async () => {
    writeFileSync(root.at('/tmp/monitor'), 'no program at all\n')
    const sum = sha256(readFileSync(root.at('/tmp/monitor')))
    const { code, stderr } = await install('server', '--from', '/tmp/monitor', '--sha256', sum)
    expect(stderr).toContain('does not run on this machine')
    expect(code).toBe(1)
    expect(readdirSync(root.at('/usr/local/bin'))).toEqual([])
  })

  test('an agent without a server to send to is refused before anything is written', async () => {
    const before = listAll(root)
    const { code, stderr } = await install('agent', ...FROM)
    expect(stderr).toContain('an agent has to know where to send to: --enroll CODE, or --server HOST:PORT')
    expect(code).toBe(64)
    expect(listAll(root)).toEqual(before)
  })

  test('values that the service cannot take are refused before anything is changed', async () => {
    const before = listAll(root)
    const wrong = await install('agent', ...FROM, '--server', 'bad name:99999')
    expect(wrong.stderr).toBe(
      'install.sh: command line: --server = "bad name:99999": expected addresses such as "monitor.example.org:8888". Nothing was changed.\n',
    )
    expect(wrong.code).toBe(78)
    expect(listAll(root)).toEqual(before)
  })

  test('an error can be corrected: a second run with the option sets what is unset, and starts the agent', async () => {
    const first = await install('agent', ...FROM, '--server', '127.0.0.1:1')
    expect(first.stderr).toContain('not started before its configuration is complete')
    expect(first.code).toBe(78)
    const { code, stdout } = await install('agent', ...AGENT)
    expect(stdout).toContain('Set what /etc/monitor/agent.toml did not set yet: agent.passphrase_file')
    expect(code).toBe(0)
    await install('agent', '--uninstall', '--purge')
  })

  test('an upgrade keeps the flags that the server was installed with', async () => {
    const unit = () => readFileSync(root.at('/etc/systemd/system/monitor-server.service'), 'utf8')
    expect((await install('server', ...FROM, '--no-collect', '--agent')).code).toBe(0)
    const made = unit()
    expect(made).toContain('monitor server --no-collect --agent --config')
    expect((await install('server', ...FROM)).stdout).toContain('Kept the flags of the service')
    expect(unit()).toBe(made)
    await install('server', '--uninstall', '--purge')
  })

  test('purging works after an uninstall that took the program away, and leaves files of others', async () => {
    expect((await install('agent', ...AGENT)).code).toBe(0)
    writeFileSync(root.at('/etc/monitor/ours.pem'), 'x')
    expect((await install('agent', '--uninstall')).code).toBe(0)
    expect(existsSync(root.at('/usr/local/bin/monitor'))).toBe(false)
    const { code, stdout, stderr } = await install('agent', '--uninstall', '--purge')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('Left /etc/monitor, which holds what is not of this service: ours.pem')
    for (const path of ['/etc/monitor/agent.toml', '/etc/monitor/agent-passphrase', '/var/lib/monitor'])
      expect([path, existsSync(root.at(path))]).toEqual([path, false])
    expect(readFileSync(root.at('/etc/passwd'), 'utf8')).not.toContain('monitor')
    expect((await install('agent', '--uninstall')).code).toBe(1)
    rmSync(root.at('/etc/monitor'), { recursive: true })
  })

  test('installs program, user, configuration and service, and starts it', async () => {
    const { code, stdout, stderr } = await install('agent', ...AGENT)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('monitor-agent: running')
    expect(stdout).toContain('What to do next')
    expect(statSync(root.at('/usr/local/bin/monitor')).mode & 0o7777).toBe(0o755)
    expect(readFileSync(root.at('/etc/passwd'), 'utf8')).toMatch(/^monitor-agent:.*:\/sbin\/nologin$/m)
    const gid = Number(/^monitor-agent:[^:]*:(\d+)/m.exec(readFileSync(root.at('/etc/group'), 'utf8'))?.[1])
    for (const file of ['agent.toml', 'agent-passphrase']) {
      const found = statSync(root.at(`/etc/monitor/${file}`))
      expect({ mode: found.mode & 0o7777, uid: found.uid, gid: found.gid }).toEqual({
        mode: 0o640,
        uid: 0,
        gid,
      })
    }
    expect(statSync(root.at('/var/lib/monitor/agent')).mode & 0o7777).toBe(0o700)
    const settings = Bun.TOML.parse(readFileSync(root.at('/etc/monitor/agent.toml'), 'utf8'))
    expect(settings).toMatchObject({
      data_dir: '/var/lib/monitor/agent',
      agent: { server: ['127.0.0.1:1'], passphrase_file: '/etc/monitor/agent-passphrase' },
    })
    expect(readFileSync(root.at('/etc/systemd/system/monitor-agent.service'), 'utf8')).toContain(
      'ExecStart=/usr/local/bin/monitor agent --config /etc/monitor/agent.toml\n',
    )
    expect(calls().slice(-3)).toEqual([
      'daemon-reload',
      'enable monitor-agent.service',
      'restart monitor-agent.service',
    ])
    expect(readdirSync(root.at('/usr/local/bin'))).toEqual(['monitor'])
  })

  test('run again it puts a new program in place at once, keeps all settings and data, and starts every role anew that runs', async () => {
    expect((await install('server', ...FROM)).code).toBe(0)
    const config = root.at('/etc/monitor/agent.toml')
    writeFileSync(config, `${readFileSync(config, 'utf8')}# by hand\n`)
    writeFileSync(root.at('/var/lib/monitor/agent/kept'), 'data')
    const before = statSync(root.at('/usr/local/bin/monitor')).ino
    const { code, stdout } = await install('agent', ...FROM, '--server', 'other:1')
    expect(code).toBe(0)
    expect(stdout).toContain('Kept the configuration /etc/monitor/agent.toml as it is')
    expect(stdout).toContain('It sets this already, so this was not used: --server')
    expect(readFileSync(config, 'utf8')).toEndWith('# by hand\n')
    expect(readFileSync(config, 'utf8')).not.toContain('other:1')
    expect(readFileSync(root.at('/var/lib/monitor/agent/kept'), 'utf8')).toBe('data')
    expect(statSync(root.at('/usr/local/bin/monitor')).ino).not.toBe(before)
    const restarts = calls().filter((call) => call.startsWith('restart'))
    expect(restarts.slice(-2)).toEqual(['restart monitor-agent.service', 'restart monitor-server.service'])
    // The unit of the other role is brought up to date as well.
    expect(calls().at(-2)).toBe('enable monitor-server.service')
  })

  test('shows what is installed and what would be', async () => {
    const { code, stdout } = await install('--version', ...FROM)
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(stdout).toStartWith(`installed: ${version} (`)
    expect(stdout).toContain(`\navailable: ${version} (`)
    expect(code).toBe(0)
  })

  test('uninstalling keeps settings and data, and the program while another role needs it', async () => {
    const { code, stdout } = await install('agent', '--uninstall')
    expect(code).toBe(0)
    expect(stdout).toContain('/usr/local/bin/monitor stays: monitor-server uses it')
    expect(existsSync(root.at('/etc/systemd/system/monitor-agent.service'))).toBe(false)
    expect(existsSync(root.at('/etc/monitor/agent.toml'))).toBe(true)
    expect(existsSync(root.at('/var/lib/monitor/agent/kept'))).toBe(true)
    expect(existsSync(root.at('/usr/local/bin/monitor'))).toBe(true)
  })

  test('purging leaves nothing', async () => {
    expect((await install('agent', '--uninstall', '--purge')).code).toBe(0)
    expect(existsSync(root.at('/etc/monitor/agent.toml'))).toBe(false)
    expect(existsSync(root.at('/etc/monitor/monitor.toml'))).toBe(true)
    expect((await install('server', '--uninstall', '--purge')).code).toBe(0)
    for (const path of ['/etc/monitor', '/var/lib/monitor', '/usr/local/bin/monitor'])
      expect([path, existsSync(root.at(path))]).toEqual([path, false])
    expect(readFileSync(root.at('/etc/passwd'), 'utf8')).not.toContain('monitor')
  })
})

describe.skipIf(obstacle !== null)("install.sh under busybox's shell, without systemd", () => {
  let root: Chroot
  let server: Bun.Server<undefined>
  beforeAll(() => {
    const accounts = join(FIXTURES, 'busybox-accounts.sh')
    root = makeRoot({
      '/bin/adduser': accounts,
      '/bin/addgroup': accounts,
      '/bin/deluser': accounts,
    })
    const name = `${FILE}.tar.gz`
    const archive = packTarGz([{ name: 'monitor', data: readFileSync(PROGRAM), mode: 0o755 }], 0)
    const small = xz(
      packTarGz([{ name: 'monitor', data: Buffer.from('#!/bin/sh\necho 9.9.9\n'), mode: 0o755 }], 0),
    )
    const zst = new Uint8Array(
      Bun.zstdCompressSync(
        gunzipSync(
          packTarGz([{ name: 'monitor', data: Buffer.from('#!/bin/sh\necho 8.8.8\n'), mode: 0o755 }], 0),
        ),
      ),
    )
    const files: Record<string, Blob | string> = {
      [`/small/${FILE}.tar.xz`]: new Blob([small]),
      [`/small/${FILE}.tar.xz.sha256`]: `${sha256(small)}  ${FILE}.tar.xz\n`,
      [`/zstd/${FILE}.tar.zst`]: new Blob([zst]),
      [`/zstd/${FILE}.tar.zst.sha256`]: `${sha256(zst)}  ${FILE}.tar.zst\n`,
      [`/${name}`]: new Blob([archive as Uint8Array<ArrayBuffer>]),
      '/unknown': 'x',
      '/SHA256SUMS': `${'0'.repeat(64)}  other\n${sha256(archive)}  ${name}\n`,
    }
    server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const file = files[new URL(url).pathname]
        return file === undefined ? new Response('', { status: 404 }) : new Response(file)
      },
    })
  })
  afterAll(async () => {
    await server.stop(true)
    root.close()
  })

  test('fetches an archive, makes everything, and says how to start by hand', async () => {
    const { code, stdout, stderr } = await root.run([
      ...['/bin/busybox', 'sh', '/release/install.sh', 'agent', '--from', `http://127.0.0.1:${server.port}/`],
      ...['--server', '127.0.0.1:1', '--passphrase-file', '/root/passphrase'],
    ])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const command =
      "su -s /bin/sh monitor-agent -c '/usr/local/bin/monitor agent --config /etc/monitor/agent.toml'"
    expect(stdout).toContain(command)
    const uid = /^monitor-agent:x:(\d+:\d+):/m.exec(readFileSync(root.at('/etc/passwd'), 'utf8'))?.[1]
    const agent = ['/usr/local/bin/monitor', 'agent', '--config', '/etc/monitor/agent.toml']
    const once = await root.run([...agent, '--once'], uid)
    expect(once.stderr).toBe('')
    expect(JSON.parse(once.stdout)).toHaveProperty('host')
    const stranger = await root.run([...agent, '--once'], '54321:54321')
    expect(stranger.stderr).toContain("agent.toml: can't be read: permission denied")
  })

  const ask = (from: string) =>
    root.run(['/bin/busybox', 'sh', '/release/install.sh', '--version', '--from', from])

  test('a machine that has xz takes the smaller archive, where there is one', async () => {
    const folder = `http://127.0.0.1:${server.port}/small/`
    expect(await ask(folder)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('available: 9.9.9\n'),
    })
    rmSync(root.at('/bin/xz'))
    expect((await ask(folder)).stderr).toBe(
      `install.sh: there is no ${folder}${FILE}.tar.gz for this machine (linux-${process.arch}). Nothing was changed.\n`,
    )
  })

  test.skipIf(Bun.which('zstd') === null)('or that of zstd, where it has that program', async () => {
    takeProgram(root, Bun.which('zstd') ?? '')
    const folder = `http://127.0.0.1:${server.port}/zstd/`
    expect(await ask(folder)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('available: 8.8.8\n'),
    })
    rmSync(root.at('/bin/zstd'))
    expect((await ask(folder)).stderr).toContain(`there is no ${folder}${FILE}.tar.gz`)
  })

  test('a download that fails or is cut off is reported in one line', async () => {
    const away = await ask('http://127.0.0.1:1/')
    expect(away.stderr).toMatch(
      /^install\.sh: http:\/\/127\.0\.0\.1:1\/\S+ could not be had: .*refused.*\. Nothing was changed\.\n$/,
    )
    expect(away.code).toBe(1)
    const whole = packTarGz(
      [{ name: 'monitor', data: crypto.getRandomValues(new Uint8Array(50_000)), mode: 0o755 }],
      0,
    )
    writeFileSync(root.at('/tmp/half.tar.gz'), whole.subarray(0, 20_000))
    const half = await ask('/tmp/half.tar.gz')
    expect(half.stderr).toMatch(
      /^install\.sh: half\.tar\.gz can not be unpacked, it is cut off or damaged: .*\n$/,
    )
    expect(half.code).toBe(1)
  })

  test('from a URL nothing is installed without a checksum', async () => {
    const { code, stderr } = await root.run([
      ...[
        '/bin/busybox',
        'sh',
        '/release/install.sh',
        'server',
        '--from',
        `http://127.0.0.1:${server.port}/unknown`,
      ],
    ])
    expect(stderr).toContain('no checksum for unknown')
    expect(code).toBe(1)
  })

  test('a local file is accepted without a checksum, and its own is shown', async () => {
    const name = '/tmp/built-here'
    linkSync(root.at(`/release/${FILE}`), root.at(name))
    const { code, stdout } = await root.run([
      '/bin/busybox',
      'sh',
      '/release/install.sh',
      '--version',
      '--from',
      name,
    ])
    expect(stdout).toContain(`it is ${sha256(readFileSync(PROGRAM))}`)
    expect(code).toBe(0)
  })

  test('uninstalling and purging leave nothing', async () => {
    const { code } = await root.run([
      '/bin/busybox',
      'sh',
      '/release/install.sh',
      'agent',
      '--uninstall',
      '--purge',
    ])
    expect(code).toBe(0)
    for (const path of ['/etc/monitor', '/var/lib/monitor', '/usr/local/bin/monitor'])
      expect([path, existsSync(root.at(path))]).toEqual([path, false])
  })
})
