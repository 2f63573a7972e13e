import { startAgent } from '../../../src/agent/agent.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openProcFs } from '../../../src/platform/proc.ts'

// An agent in a process of its own, for tests that kill it: PORT, QUEUE_FILE and THRESHOLDS (JSON) in the
// environment.
const { PORT, QUEUE_FILE = '', THRESHOLDS = '[]' } = process.env
await startAgent({
  servers: [{ host: '127.0.0.1', port: Number(PORT) }],
  passphrase: 'open sesame',
  key: 'key-of-the-killed-agent',
  name: 'killed',
  interval: 1,
  queueAge: 86_400,
  queueBytes: 1e7,
  queueFile: QUEUE_FILE,
  processes: [],
  services: [],
  thresholds: JSON.parse(THRESHOLDS),
  hasDefaultThresholds: false,
  platform: { system: 'linux', proc: openProcFs() },
  clock: systemClock,
  log: createLog({ level: 'info', format: 'text' }),
})
