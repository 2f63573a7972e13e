import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { TaskContext } from '../../src/events/task.ts'
import { callHeartbeat } from '../../src/events/tasks/call-heartbeat.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.ts'

let receiver: HttpReceiver
let lines: string[]

beforeEach(() => {
  receiver = startHttpReceiver()
  lines = []
})
afterEach(() => receiver.stop())

function call(heartbeatUrl: string | null, isWell = true) {
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
  const context = { heartbeatUrl, isWell: () => isWell, clock: systemClock, log } as Partial<TaskContext>
  return callHeartbeat.run(context as TaskContext)
}

test('the heartbeat is called while the engine is well, and not else', async () => {
  await call(`${receiver.url}/alive?key=1`)
  await call(null)
  await call(`${receiver.url}/alive?key=1`, false)
  expect(receiver.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /alive?key=1'])
  expect(lines.join()).toContain('no heartbeat while a task of the event engine is failing')
})

test('a receiver that refuses or is not there is said, without its secret address, and is no failure of the engine', async () => {
  receiver.answer = () => 500
  expect(await call(`${receiver.url}/alive`)).toBe(false)
  expect(lines.join()).toContain('status=500')
  await receiver.stop()
  expect(await call(`${receiver.url}/secret-key`)).toBe(false)
  expect(lines).toHaveLength(2)
  expect(lines.join()).not.toContain('secret-key')
})
