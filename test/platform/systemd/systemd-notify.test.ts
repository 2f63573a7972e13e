import { afterAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { encodeAddress, openNotifySocket } from '../../../src/platform/systemd/systemd-notify.ts'
import { superviseBySystemd } from '../../../src/service/supervisor.ts'
import { fakeClock } from '../../support/clock.ts'
import { openDatagramSocket } from '../../support/datagram-socket.ts'
import { makeTempDir, startMonitor } from '../../support/spawn.ts'

const folder = makeTempDir()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(process.platform !== 'linux')('word for systemd', () => {
  test.each([join(folder, 'notify'), `@monitor-test-${process.pid}`])('arrives whole at %s', (address) => {
    const socket = openDatagramSocket(address)
    const send = openNotifySocket(address)
    send('READY=1')
    send('STATUS=größer\nWATCHDOG=1')
    expect([socket.receive(), socket.receive(), socket.receive()]).toEqual([
      'READY=1',
      'STATUS=größer\nWATCHDOG=1',
      null,
    ])
    socket.close()
  })

  test('throws when nobody listens any more, and arrives again when somebody does', () => {
    const address = join(folder, 'gone')
    const send = openNotifySocket(address)
    expect(() => send('READY=1')).toThrow('did not take word')
    const socket = openDatagramSocket(address)
    send('READY=1')
    expect(socket.receive()).toBe('READY=1')
    socket.close()
  })

  test('an address that is none is refused', () => {
    expect(() => encodeAddress('relative/path')).toThrow('neither a path nor')
    expect(() => encodeAddress('')).toThrow('neither a path nor')
    expect(() => encodeAddress(`/${'x'.repeat(108)}`)).toThrow('too long')
  })

  test('a role says when it is up, gives signs of life, and says when it stops', async () => {
    const address = join(folder, 'role')
    const socket = openDatagramSocket(address)
    const said: string[] = []
    const listen = async (wanted: string, times: number) => {
      while (said.filter((word) => word === wanted).length < times) {
        const word = socket.receive()
        if (word === null) await Bun.sleep(10)
        else said.push(word)
      }
    }
    const monitor = await startMonitor(
      ['events', '--data-dir', join(folder, 'data'), '--set', 'database.url=sqlite:monitor.db'],
      { cwd: folder, env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: '150000' } },
    )
    await listen('WATCHDOG=1', 3)
    expect(said[0]).toBe('READY=1')
    expect(await monitor.stop()).toBe(0)
    await listen('STOPPING=1', 1)
    expect(new Set(said)).toEqual(new Set(['READY=1', 'WATCHDOG=1', 'STOPPING=1']))
    socket.close()
  })

  test('signs of life for another process are not given', async () => {
    const address = join(folder, 'other')
    const socket = openDatagramSocket(address)
    const monitor = await startMonitor(['events', '--data-dir', join(folder, 'data2')], {
      cwd: folder,
      env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' },
    })
    await monitor.stop()
    expect([socket.receive(), socket.receive(), socket.receive()]).toEqual(['READY=1', 'STOPPING=1', null])
    socket.close()
  })

  test('a role does without when nobody listens', async () => {
    const monitor = await startMonitor(['events', '--data-dir', join(folder, 'data3')], {
      cwd: folder,
      env: { NOTIFY_SOCKET: join(folder, 'nobody') },
    })
    await monitor.waitFor(/systemd could not be notified/)
    expect(await monitor.stop()).toBe(0)
  })
})

test('that a role is up is repeated until systemd receives it', async () => {
  const clock = fakeClock()
  const seen: string[] = []
  let isDeaf = true
  const send = (text: string) => {
    if (isDeaf) throw new Error('busy')
    seen.push(text)
  }
  const supervisor = superviseBySystemd(send, 0, clock, createLog({ level: 'error', format: 'text' }))
  supervisor.ready()
  await clock.advance(5000)
  expect(seen).toEqual([])
  isDeaf = false
  await clock.advance(60_000)
  expect(seen).toEqual(['READY=1'])
})
