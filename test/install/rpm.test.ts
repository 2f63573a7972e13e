import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nameRpm, packRpm } from '../../.ci/rpm.ts'
import { COMPILED, makeTempDir } from '../support/spawn.ts'
import { findChrootObstacle, makeChroot } from '../support/sql/chroot.ts'

const PROGRAM = COMPILED[0] ?? ''
const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const RPM = '/usr/bin/rpm'
const noRpm = existsSync(RPM) ? null : 'rpm is missing'
const obstacle = noRpm ?? findChrootObstacle()
if (obstacle !== null) console.log(`NOT TESTED HERE: the package for rpm (${obstacle})`)

const processor = process.arch === 'arm64' ? 'arm64' : 'x64'
const pack = (version: string, program: Uint8Array) =>
  packRpm({
    version,
    processor,
    program,
    time: 1_700_000_000,
    manPage: '.TH MONITOR 1\n',
    completions: { bash: 'complete monitor', zsh: '#compdef monitor', fish: 'complete -c monitor' },
    exampleConfig: '# settings\n',
    licence: 'Apache-2.0\n',
  })

test.skipIf(noRpm !== null)('a package is what rpm reads and verifies, the same bytes each time', () => {
  const folder = makeTempDir()
  const program = new TextEncoder().encode('#!/bin/sh\necho 1.2.3\n')
  const rpm = pack('1.2.3', program)
  expect(pack('1.2.3', program)).toEqual(rpm)
  const file = join(folder, nameRpm({ version: '1.2.3', processor }))
  writeFileSync(file, rpm)
  const ask = (...words: string[]) => {
    const { stdout, stderr, exitCode } = Bun.spawnSync([RPM, '--dbpath', join(folder, 'db'), ...words, file])
    return { exitCode, text: stdout.toString() + stderr.toString() }
  }
  const checked = ask('--checksig', '--verbose')
  expect(checked.exitCode).toBe(0)
  for (const what of ['Header SHA256 digest', 'Header SHA1 digest', 'Payload SHA256 digest', 'MD5 digest'])
    expect(checked.text).toContain(`${what}: OK`)
  const listed = ask('--query', '--package', '--list', '--verbose').text
  expect(listed).toMatch(/^-rwxr-xr-x +1 root +root +21 .* \/usr\/bin\/monitor$/m)
  expect(listed).toMatch(/^-rw-r--r-- .* \/usr\/share\/zsh\/site-functions\/_monitor$/m)
  expect(ask('--query', '--package', '--info').text).toMatch(/^Version +: 1\.2\.3$/m)
  const damaged = Buffer.from(rpm)
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 100) ^ 1, damaged.length - 100)
  writeFileSync(file, damaged)
  expect(ask('--checksig').exitCode).toBe(1)
  rmSync(folder, { recursive: true })
})

test.skipIf(obstacle !== null)(
  'it is installed, brought up to date and removed in a root of its own',
  () => {
    const root = makeChroot({
      '/opt/monitor': PROGRAM,
      '/usr/bin/systemctl': join(FIXTURES, 'systemctl.sh'),
      '/usr/sbin/useradd': '/usr/sbin/useradd',
    })
    const rpm = (...words: string[]) => {
      const run = 'mount -t proc proc "$0/proc" && exec rpm --root "$0" --nodeps --nosignature "$@"'
      const child = Bun.spawnSync(['unshare', '--mount', 'sh', '-c', run, root.at('/'), ...words])
      return { code: child.exitCode, text: child.stdout.toString() + child.stderr.toString() }
    }
    const enter = (command: string) =>
      Bun.spawnSync(['/usr/sbin/chroot', root.at('/'), '/bin/sh', '-c', command], { stderr: 'pipe' })
    try {
      for (const folder of ['/etc/systemd/system', '/run/systemd/system'])
        mkdirSync(root.at(folder), { recursive: true })
      const program = readFileSync(PROGRAM)
      for (const version of ['1.0.0', '1.0.1'])
        writeFileSync(root.at(`/root/${version}.rpm`), pack(version, program))
      const first = rpm('--install', root.at('/root/1.0.0.rpm'))
      expect(first).toEqual({
        code: 0,
        text: expect.stringContaining('which part runs here is for you to say'),
      })
      expect(statSync(root.at('/usr/bin/monitor')).size).toBe(program.length)
      expect(rpm('--verify', 'monitor')).toEqual({ code: 0, text: '' })
      writeFileSync(
        root.at('/etc/systemd/system/monitor-agent.service'),
        '[Service]\nExecStart=/usr/bin/monitor agent --config /etc/monitor/agent.toml\n',
      )
      // What is registered is brought up to date with the package, and nothing is told twice.
      const second = rpm('--upgrade', root.at('/root/1.0.1.rpm'))
      expect({ ...second, text: second.text.replaceAll(/^rpm: .*\n/gm, '') }).toEqual({ code: 0, text: '' })
      expect(enter('grep -c ProtectSystem /etc/systemd/system/monitor-agent.service').stdout.toString()).toBe(
        '1\n',
      )
      expect(rpm('--erase', 'monitor').code).toBe(0)
      expect(existsSync(root.at('/usr/bin/monitor'))).toBe(false)
      expect(existsSync(root.at('/etc/systemd/system/monitor-agent.service'))).toBe(false)
      // The settings are kept.
      expect(existsSync(root.at('/etc/monitor/agent.toml'))).toBe(true)
    } finally {
      root.close()
    }
  },
  120_000,
)
