import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAgent } from '../../../src/agent/agent.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openProcFs } from '../../../src/platform/proc.ts'
import { until } from './bench.ts'
import { startWireServer } from './wire-server.ts'

// To be run in a network namespace of its own, whose loopback is still down: connect(2) fails at once there.
// The agent must go on trying, also to the second server of its list, and send when the route has come.
const folder = mkdtempSync(join(tmpdir(), 'monitor-no-route-'))
const server = startWireServer()
const lines: string[] = []
const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
const agent = await startAgent({
  servers: [
    { host: '127.0.0.1', port: server.port },
    { host: '::1', port: server.port },
  ],
  passphrase: 'open sesame',
  key: 'key-of-an-agent-without-route',
  name: 'lonely',
  interval: 1,
  queueAge: 86_400,
  queueBytes: 1e7,
  queueFile: join(folder, 'queue.db'),
  processes: [],
  services: [],
  thresholds: [],
  hasDefaultThresholds: false,
  platform: { system: 'linux', proc: openProcFs() },
  clock: systemClock,
  log,
})
const hasFailed = (host: string) =>
  lines.some((line) => line.includes('sending failed') && line.includes(`server=${host}:`))
await until(() => hasFailed('127.0.0.1') && hasFailed('::1'), 10_000)
Bun.spawnSync(['ip', 'link', 'set', 'lo', 'up'])
await until(() => server.stored.size > 0, 20_000)
Bun.spawnSync(['ip', 'link', 'set', 'lo', 'down'])
const before = server.batches.length
await Bun.sleep(3000)
Bun.spawnSync(['ip', 'link', 'set', 'lo', 'up'])
await until(() => server.batches.length > before + 1, 70_000)
await agent.stop()
rmSync(folder, { recursive: true, force: true })
console.log('sent after the route came, and came back')
process.exit(0)
