import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { signInFirst } from '../support/first-sign-in.ts'
import { makeTempDir, runMonitor, startMonitor } from '../support/spawn.ts'

let cwd = ''
beforeEach(() => {
  cwd = makeTempDir()
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const JSON_LOG = ['--set', 'log.format=json']
const PORTS = ['web.port=0', 'collect.port=0', 'collect.tls_port=0'].flatMap((one) => ['--set', one])

const parseLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): { level: string; message: string } => JSON.parse(line))

test('with log.format = "json" every line of a first start, a reload and a stop is JSON', async () => {
  const server = await startMonitor(['server', '--agent', ...JSON_LOG, ...PORTS], { cwd })
  process.kill(server.pid, 'SIGHUP')
  await server.waitFor(/no setting has changed/)
  expect(await server.stop()).toBe(0)
  const lines = [...parseLines(server.stdout()), ...parseLines(server.stderr())]
  const messages = lines.map(({ message }) => message)
  expect(messages.some((text) => text.startsWith('First start: the website has a user now.'))).toBe(true)
  expect(messages.some((text) => text.startsWith('Open http://'))).toBe(true)
  for (const line of lines)
    expect(Object.keys(line)).toEqual(expect.arrayContaining(['time', 'level', 'message']))
})

test('so are errors in the configuration, and a start that fails', async () => {
  const wrong = await runMonitor(['server', ...JSON_LOG, '--set', 'web.port=x', '--set', 'colect.port=1'], {
    cwd,
  })
  expect(wrong.code).toBe(78)
  expect(parseLines(wrong.stderr).map(({ message }) => message)).toEqual([
    '--set: colect.port = "1": no such setting; did you mean collect.port?',
    '--set: web.port = "x": expected a whole number from 0 to 65535',
  ])
  // The log stays JSON even for an invalid TOML file and for a wrong command line.
  writeFileSync(join(cwd, 'broken.toml'), '[log]\nformat = "json"\n[web]\nport = \n')
  for (const line of ['server --config broken.toml', 'server --nosuch --config=broken.toml']) {
    const broken = await runMonitor(line.split(' '), { cwd })
    expect(parseLines(broken.stderr).map(({ level }) => level)).toEqual(['error'])
  }
  const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const busy = await runMonitor(
    [
      'collect',
      ...JSON_LOG,
      '--set',
      'collect.address=127.0.0.1',
      '--set',
      `collect.port=${taken.port}`,
      '--set',
      'collect.tls_port=off',
    ],
    { cwd },
  )
  taken.stop(true)
  expect(busy.code).toBe(1)
  expect(parseLines(busy.stderr).at(-1)).toMatchObject({
    level: 'error',
    message: expect.stringMatching(/: another program uses this port$/),
  })
})

test('the first password lets in only as far as choosing another one', async () => {
  const server = await startMonitor(['server', ...PORTS], { cwd })
  const origin = `http://127.0.0.1:${server.ports.web}`
  const cookie = await signInFirst(origin, join(cwd, 'monitor-data', 'initial-admin-password'))
  const page = await fetch(`${origin}/`, { headers: { cookie }, redirect: 'manual' })
  expect(page.status).toBe(200)
  // The file is deleted with its folder.
  expect(await signInFirst(origin, join(cwd, 'monitor-data', 'initial-admin-password'))).toContain('=')
  expect(await server.stop()).toBe(0)
})
