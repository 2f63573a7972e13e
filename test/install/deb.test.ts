import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packDeb } from '../../.ci/deb.ts'
import { COMPILED, makeTempDir } from '../support/spawn.ts'
import { findChrootObstacle, makeChroot } from '../support/sql/chroot.ts'

const PROGRAM = COMPILED[0] ?? ''
const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const obstacle = findChrootObstacle() ?? (existsSync('/usr/bin/dpkg') ? null : 'dpkg is missing')
if (obstacle !== null) console.log(`NOT TESTED HERE: the Debian package (${obstacle})`)

const pack = (version: string, program: Uint8Array) =>
  packDeb({
    version,
    processor: process.arch === 'arm64' ? 'arm64' : 'x64',
    program,
    time: 1_700_000_000,
    manPage: '.TH MONITOR 1\n',
    completions: { bash: 'complete monitor', zsh: '#compdef monitor', fish: 'complete -c monitor' },
    exampleConfig: '# settings\n',
    licence: 'Apache-2.0\n',
  })

test.skipIf(!existsSync('/usr/bin/dpkg-deb'))(
  'a package is what dpkg-deb reads, the same bytes each time',
  () => {
    const folder = makeTempDir()
    const deb = pack('1.2.3', new TextEncoder().encode('#!/bin/sh\necho 1.2.3\n'))
    expect(pack('1.2.3', new TextEncoder().encode('#!/bin/sh\necho 1.2.3\n'))).toEqual(deb)
    writeFileSync(join(folder, 'a.deb'), deb)
    const ask = (...words: string[]) => {
      const { stdout, stderr, exitCode } = Bun.spawnSync(['dpkg-deb', ...words, 'a.deb'], { cwd: folder })
      expect({ stderr: stderr.toString(), exitCode }).toEqual({ stderr: '', exitCode: 0 })
      return stdout.toString()
    }
    expect(ask('--info')).toContain('Version: 1.2.3')
    const listed = ask('--contents')
    expect(listed).toMatch(/^-rwxr-xr-x root\/root .* \.\/usr\/bin\/monitor$/m)
    expect(listed).toMatch(/^drwxr-xr-x root\/root .* \.\/usr\/share\/man\/man1\/$/m)
    rmSync(folder, { recursive: true, force: true })
  },
)

test.skipIf(obstacle !== null)(
  'it is installed, removed, installed again and purged in a root of its own',
  () => {
    const root = makeChroot({
      '/opt/monitor': PROGRAM,
      '/usr/bin/systemctl': join(FIXTURES, 'systemctl.sh'),
      '/usr/sbin/useradd': join(FIXTURES, 'busybox-accounts.sh'),
    })
    rmSync(root.at('/opt/monitor'))
    mkdirSync(root.at('/etc/systemd/system'), { recursive: true })
    mkdirSync(root.at('/var/lib/dpkg/info'), { recursive: true })
    mkdirSync(root.at('/var/lib/dpkg/updates'), { recursive: true })
    for (const file of ['status', 'available']) writeFileSync(root.at(`/var/lib/dpkg/${file}`), '')
    const dpkg = (...words: string[]) => {
      const child = Bun.spawnSync(
        [
          'unshare',
          '--mount',
          'sh',
          '-c',
          'mount -t proc proc "$0/proc" && exec dpkg --root="$0" --force-depends --force-not-root --log=/dev/null "$@"',
          root.at('/'),
          ...words,
        ],
        { stderr: 'pipe' },
      )
      return { code: child.exitCode, text: child.stdout.toString() + child.stderr.toString() }
    }
    try {
      const program = readFileSync(PROGRAM)
      writeFileSync(root.at('/root/one.deb'), pack('1.0.0', program))
      writeFileSync(root.at('/root/two.deb'), pack('1.0.1', program))
      const first = dpkg('-i', root.at('/root/one.deb'))
      expect(first).toMatchObject({
        code: 0,
        text: expect.stringContaining('which part runs here is for you to say'),
      })
      expect(statSync(root.at('/usr/bin/monitor')).size).toBe(program.length)
      expect(existsSync(root.at('/usr/share/bash-completion/completions/monitor'))).toBe(true)
      expect(dpkg('-r', 'monitor').code).toBe(0)
      expect(existsSync(root.at('/usr/bin/monitor'))).toBe(false)
      expect(dpkg('-i', root.at('/root/two.deb')).code).toBe(0)
      mkdirSync(root.at('/etc/monitor'), { recursive: true })
      writeFileSync(root.at('/etc/monitor/monitor.toml'), '')
      expect(dpkg('-r', 'monitor').code).toBe(0)
      // Configuration stays until the package is purged.
      expect(existsSync(root.at('/etc/monitor/monitor.toml'))).toBe(true)
      expect(dpkg('-P', 'monitor').code).toBe(0)
      expect(existsSync(root.at('/etc/monitor'))).toBe(false)
    } finally {
      root.close()
    }
  },
  120_000,
)
