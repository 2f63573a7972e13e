import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.ts'
import { makeTempDir, runMonitor } from '../support/spawn.ts'

const folder = makeTempDir()
let receiver: HttpReceiver

beforeAll(async () => {
  receiver = startHttpReceiver()
  await run('user add someone --random')
})
afterAll(async () => {
  await receiver.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The arguments are separated by spaces. */
const run = (line: string, ...more: string[]) =>
  runMonitor([...line.split(' '), ...more, '--data-dir', folder], { cwd: folder })

test('a rule takes everything, opening and closing, unless options say otherwise', async () => {
  expect((await run('rule add --name ops --channel mail --target ann@example.org')).code).toBe(0)
  const more = '--host web% --metric perf.memory.* --severity 2,1 --delay 5m --repeat 1h --on opening'
  expect((await run(`rule add --name boss --channel mail --target bob@example.org ${more}`)).code).toBe(0)
  const { rules } = JSON.parse((await run('rule list --json')).stdout)
  const standard = { enabled: true, on_severity_change: false, channel: 'mail' }
  expect(rules).toMatchObject([
    {
      ...standard,
      name: 'boss',
      host: 'web%',
      metric: 'perf.memory.*',
      severities: [1, 2],
      delay: 300,
      repeat: 3600,
      on_opening: true,
      on_closing: false,
    },
    {
      ...standard,
      name: 'ops',
      host: '%',
      metric: '%',
      severities: [1, 2, 3, 4],
      delay: 0,
      repeat: null,
      on_opening: true,
      on_closing: true,
      target: 'ann@example.org',
    },
  ])
  expect((await run('rule list')).stdout).toContain('ann@example.org')
  expect((await run('rule delete boss')).code).toBe(0)
  expect(await run('rule delete boss')).toMatchObject({
    code: 1,
    stderr: 'monitor: there is no rule "boss"\n',
  })
})

test.each([
  ['--name a --channel mail', 64, 'mail addresses'],
  ['--name a --channel pigeon --target x', 64, 'pigeon'],
  ['--channel mail --target ann@example.org', 64, 'name'],
  ['--name a --channel log --severity 5', 64, '--severity'],
  ['--name a --channel log --delay 5', 64, '--delay'],
  ['--name a --channel log --on never', 64, '--on'],
  ['--name ops --channel log', 1, 'already'],
])('rule add %s is refused', async (words, code, said) => {
  const result = await run(`rule add ${words}`)
  expect(result.code).toBe(code)
  expect(result.stderr).toContain(said)
})

test('a test message shows what the receiver answered', async () => {
  const send = () => run('notify test --channel webhook --target', `${receiver.url}/hook`)
  expect(await send()).toMatchObject({ code: 0, stdout: expect.stringContaining('sent: 200') })
  expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({ kind: 'test', events: [] })
  receiver.answer = () => 404
  expect(await send()).toMatchObject({ code: 1, stdout: expect.stringContaining('not sent: ') })
  // The existing rule sends mail, and no mail server is configured.
  expect(await run('notify test')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('set mail.server in the configuration'),
  })
  expect((await run('notify test --channel webhook --target nowhere')).code).toBe(64)
})

test('events are listed as a table and as JSON', async () => {
  expect((await run('event list')).stdout).toMatch(/^ID +HOST +SEVERITY +STATUS/)
  expect(JSON.parse((await run('event list --status all --severity 1 --json')).stdout)).toEqual({
    total: 0,
    events: [],
  })
  expect((await run('event list --limit 0')).code).toBe(64)
})
