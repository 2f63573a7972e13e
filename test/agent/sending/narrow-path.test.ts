import { expect, test } from 'bun:test'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  FROM_SOURCE,
  makeTempDir,
  type RunningMonitor,
  runMonitor,
  startMonitor,
} from '../../support/spawn.ts'
import { CAN_MAKE_NAMESPACES, openNarrowPath } from '../support/namespaces.ts'

const settings = (...words: string[]) => words.flatMap((word) => ['--set', word])

/** The longest packet that passes, in bytes; packets of TLS are longer and are dropped silently. */
const MTU = 1280

test.if(CAN_MAKE_NAMESPACES)(
  'an agent gets through a path that drops large packets, over TLS as well',
  async () => {
    const cwd = makeTempDir()
    const path = await openNarrowPath(MTU)
    const running: RunningMonitor[] = []
    try {
      const server = await startMonitor(
        [
          ...['server', '--data-dir', join(cwd, 'server')],
          ...settings('web.port=0', 'web.tls_port=0', 'collect.port=0', 'collect.tls_port=0'),
        ],
        { cwd, program: [...path.server.enter, ...FROM_SOURCE] },
      )
      running.push(server)
      const fingerprint = /fingerprint:\n {2}([0-9a-f]{64})\n/.exec(server.stdout())?.[1] ?? ''
      const start = async (name: string, ...words: string[]) => {
        mkdirSync(join(cwd, name))
        cpSync(join(cwd, 'server', 'passphrase'), join(cwd, name, 'passphrase'))
        const agent = await startMonitor(
          [
            ...['agent', '--data-dir', join(cwd, name)],
            ...settings(`agent.name=${name}`, 'agent.interval=1s', ...words),
          ],
          { cwd, program: [...path.agent.enter, ...FROM_SOURCE] },
        )
        running.push(agent)
        return agent
      }
      const secure = await start(
        'secure',
        `agent.server=10.77.0.2:${server.ports.collect_tls}`,
        `agent.fingerprint=${fingerprint}`,
      )
      expect(await secure.waitFor(/sending failed/)).toContain('TLS handshake did not end within 10 s')
      await secure.waitFor(/the server accepts samples/)
      // Far more than one packet holds.
      await Bun.sleep(3000)
      const { stdout } = await runMonitor(['db', 'audit', '--json', '--data-dir', join(cwd, 'server')], {
        cwd,
      })
      const [host] = (JSON.parse(stdout) as { hosts: { present: number; missing: object }[] }).hosts
      expect(host?.missing).toEqual({})
      expect(host?.present).toBeGreaterThan(10)
    } finally {
      for (const one of running) await one.stop()
      path.close()
      rmSync(cwd, { recursive: true, force: true })
    }
  },
  120_000,
)
