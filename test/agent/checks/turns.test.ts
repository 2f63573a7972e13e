import { expect, test } from 'bun:test'
import { createServer, type Server } from 'node:net'
import { startBackgroundRunner } from '../../../src/agent/background-runner.ts'
import { createCheck } from '../../../src/agent/checks/service-check.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { aCheck, quiet } from './harness.ts'

const portOf = (server: Server) => (server.address() as { port: number }).port
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

test('twenty checks of one server are no burst, and a server that never answers holds up none of them', async () => {
  let [open, most, count] = [0, 0, 0]
  const server = createServer((socket) => {
    most = Math.max(most, ++open)
    count++
    socket.on('error', () => {})
    socket.on('close', () => open--)
    setTimeout(() => socket.write('220 ready\r\n'), 10)
  })
  const silent = createServer((socket) => socket.on('error', () => {}))
  await Promise.all([listen(server), listen(silent)])
  const jobs = Array.from({ length: 23 }, (_, i) => {
    const port = i % 8 === 3 ? portOf(silent) : portOf(server)
    const settings = aCheck({ name: `c${i}`, kind: 'tcp', target: `127.0.0.1:${port}`, expectText: 'ready' })
    return createCheck({ settings: { ...settings, timeout: 2 }, configFile: null, clock: systemClock })
  })
  const beganMs = performance.now()
  const runner = startBackgroundRunner({ jobs, clock: systemClock, log: quiet })
  try {
    await runner.ready()
    const tookMs = performance.now() - beganMs
    const { samples, reasons } = runner.read()
    const states = samples.filter(({ metric }) => metric.endsWith('.state')).map(({ value }) => value)
    expect(states).toEqual(jobs.map((_, i) => (i % 8 === 3 ? 0 : 1)))
    expect(reasons.get('perf.check.c3.state')).toBe('no answer within 2 s')
    expect(count).toBe(20)
    // The server learns of the end of one connection a little later than we do.
    expect(most).toBeLessThanOrEqual(3)
    // Three that are silent have their deadline each, at the same time.
    expect(tookMs).toBeGreaterThan(2000)
    expect(tookMs).toBeLessThan(3500)
  } finally {
    await runner.stop()
    server.close()
    silent.close()
  }
})
