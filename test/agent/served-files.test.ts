import { expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeliveryStatus } from '../../src/agent/sending/delivery-status.ts'
import { until } from './support/bench.ts'

const canTry = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/dev/fuse')

/** Of these, LXCFS serves all but one. */
const PATHS = ['/proc/loadavg', '/proc/meminfo', '/proc/stat', '/proc/uptime', '/proc/vmstat'].concat(
  ['/proc/pressure/io'].filter((path) => existsSync(path)),
)

test.skipIf(!canTry)(
  'files of /proc that a program serves and that hang stop neither the agent nor its end',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitor-served-'))
    const root = join(import.meta.dir, '../..')
    const script = [
      `"$BUN" test/agent/support/hanging-files.ts ${PATHS.join(' ')} > "$FOLDER/mounted" &`,
      'until grep -q mounted "$FOLDER/mounted"; do sleep 0.1; done',
      'exec "$BUN" src/main.ts agent --data-dir "$FOLDER" --set agent.interval=1s --set agent.name=hung ' +
        '--set agent.passphrase=unused-here --set agent.server=tcp://127.0.0.1:1',
    ]
    const child = Bun.spawn(
      [
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--propagation',
        'private',
        'sh',
        '-c',
        script.join('\n'),
      ],
      {
        cwd: root,
        env: { ...process.env, BUN: process.execPath, FOLDER: folder },
        stdout: 'pipe',
        stderr: 'pipe',
      },
    )
    const log = new Response(child.stderr).text()
    try {
      // There is no server, so samples wait: a growing queue shows that cycles go on.
      const waiting = () => readDeliveryStatus(join(folder, 'agent-status.json'))?.waiting ?? 0
      await until(() => waiting() > 0, 20_000)
      const first = waiting()
      await until(() => waiting() >= first + 4, 40_000)
      const pid = Number(
        (await new Response(Bun.spawn(['pgrep', '-P', String(child.pid)]).stdout).text()).trim(),
      )
      const beganMs = performance.now()
      process.kill(pid, 'SIGTERM')
      await until(() => !existsSync(`/proc/${pid}`), 20_000)
      expect(performance.now() - beganMs).toBeLessThan(5000)
    } finally {
      child.kill('SIGKILL')
      await child.exited
      rmSync(folder, { recursive: true, force: true })
    }
    const text = await log
    expect(text).toContain('a read is stuck; the other probes go on what=/proc/')
    for (const probe of ['load', 'memory', 'processor', 'uptime', 'kernel'])
      expect(text).toContain(`probe fails probe=${probe} `)
  },
  60_000,
)
