import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { LEAN } from '../../src/roles/memory-tuning.ts'
import { hearOutput } from './heard-output.ts'

const SRC = join(import.meta.dir, '../../src')
const running: Bun.Subprocess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** A process with an open connection that sleeps while idle, and writes a line for what `body` hears of. */
function startSleeper(body: string, open = 'undefined') {
  const child = Bun.spawn(
    [
      process.execPath,
      '-e',
      `import { systemClock, trackTimers } from '${SRC}/lib/clock.ts'
       import { sleepWhileIdle } from '${SRC}/roles/idle-wait.ts'
       const say = (line) => process.stdout.write(line + '\\n')
       const log = { debug: say, info: say, warn: say, error: say }
       const clock = trackTimers(systemClock)
       const began = performance.now()
       const seconds = () => ((performance.now() - began) / 1000).toFixed(1)
       const stop = new AbortController()
       let busy = false
       const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
       const socket = await Bun.connect({ hostname: '127.0.0.1', port: server.port, socket: { data() {} } })
       await sleepWhileIdle({ clock, log, isBusy: () => busy, stopping: stop.signal }, ${open})
       ${body}
       say('ready')`,
    ],
    {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
      env: { ...process.env, ...LEAN },
    },
  )
  running.push(child)
  const { hear } = hearOutput(child.stdout)
  return { child, hear }
}

const countSwitches = async (pid: number) =>
  Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())?.[1])

test('an idle process with a connection is not woken each second', async () => {
  const { child, hear } = startSleeper('')
  await hear('ready')
  await Bun.sleep(1500)
  const before = await countSwitches(child.pid)
  await Bun.sleep(5000)
  // The runtime by itself would have been woken five times for the date, and once for its sockets.
  expect((await countSwitches(child.pid)) - before).toBeLessThanOrEqual(1)
})

test('what is sent to it, timers, signals, threads and other processes wake it at once', async () => {
  const { child, hear } = startSleeper(`
    const peer = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: (_, data) => say('heard ' + data) } })
    process.on('SIGUSR1', () => {
      say('signal')
      Bun.file('/proc/self/comm').text().then(() => say('thread'))
      Bun.spawn(['true'], { onExit: () => say('child') })
      clock.after(700, () => say('timer'))
    })
    say('port ' + peer.port + ';')`)
  const port = Number(/port (\d+);/.exec(await hear('ready'))?.[1])
  await Bun.sleep(1000)
  const began = performance.now()
  await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: { data() {}, open: (socket) => void socket.write('you') },
  })
  await hear('heard you')
  child.kill('SIGUSR1')
  for (const what of ['signal', 'thread', 'child', 'timer']) await hear(what)
  expect(performance.now() - began).toBeLessThan(2500)
})

test('while something goes on, timers of the runtime are in time', async () => {
  const { hear } = startSleeper(`
    clock.after(600, () => {
      busy = true
      setTimeout(() => { busy = false; say('late by ' + Math.round(performance.now() - due)) }, 1500)
      const due = performance.now() + 1500
    })`)
  const [, late] = /late by (\d+)/.exec(await hear('late by')) ?? []
  expect(Number(late)).toBeLessThan(1000)
})

test('a wait that ends at once each time is left to the runtime, which wakes it as before', async () => {
  const { child, hear } = startSleeper(
    `process.on('SIGUSR1', () => say('waits ' + waits + ';'))`,
    '(globalThis.waits = 0, async () => () => { waits++ })',
  )
  await hear('ready')
  await Bun.sleep(2000)
  child.kill('SIGUSR1')
  const [, waits] = /waits (\d+);/.exec(await hear(';')) ?? []
  // Some 100 in each quarter of a second; without a bound there would be 100,000.
  expect(Number(waits)).toBeGreaterThan(100)
  expect(Number(waits)).toBeLessThan(2000)
})
