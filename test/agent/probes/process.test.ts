import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { matchName, parseState, process } from '../../../src/agent/probes/process.ts'
import { openProcFs } from '../../../src/platform/proc.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { expectFailure } from '../../support/failure.ts'
import { measure } from './measure.ts'

const folder = mkdtempSync(join(tmpdir(), 'monitor-process-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['nginx', 'nginx: master process /usr/sbin/nginx\0', 'nginx', true],
  ['prometheus-node', '/usr/bin/prometheus-node-exporter\0--x\0', 'prometheus-node-exporter', true],
  ['prometheus-node', '/usr/bin/prometheus-node-exporter\0--x\0', 'prometheus-node', true],
  ['bash', '-bash\0', 'bash', true],
  ['MainThread', '/usr/bin/node\0app.js\0', 'node', true],
  ['long-script-nam', '/usr/bin/python3\0/opt/long-script-name.py\0', 'long-script-name.py', true],
  ['grep', 'grep\0nginx\0', 'nginx', false],
  ['vim', 'vim\0/etc/nginx\0', 'nginx', false],
  ['kworker/0:1', '', 'nginx', false],
  ['', '', '', true],
])('a process %j started as %j has the name %j: %j', (command, commandLine, name, expected) => {
  expect(matchName(command, commandLine, [name]) !== null).toBe(expected)
})

test.each([
  ['12 (nginx) S 1 12', 'S'],
  ['12 (a) Z (b) R 1 12', 'R'],
  ['12 (x)', null],
  ['', null],
])('%j is in state %j', (text, state) => {
  expect(parseState(text)).toBe(state)
})

const init = { '/proc/1/comm': 'systemd\n', '/proc/1/cmdline': '/sbin/init\0' }
const context = { processes: ['nginx', 'postgres'] }

test('finds what runs, also after it was started anew, and not what is a zombie', async () => {
  const nginx = (id: number, commandLine: string, state: string) => ({
    [`/proc/${id}/comm`]: 'nginx\n',
    [`/proc/${id}/cmdline`]: commandLine,
    [`/proc/${id}/stat`]: `${id} (nginx) ${state} 1 1`,
  })
  const states = [
    { ...init, ...nginx(7, 'nginx: master\0', 'S') },
    { ...init, ...nginx(9, 'nginx: master\0', 'S') },
    { ...init, ...nginx(9, '', 'Z') },
    { ...init, '/proc/9/comm': 'other\n' },
  ].map((files) => fakeProc({ files }))
  const seen = []
  for (let i = 1; i <= states.length; i++) {
    const found = await measure(process, states.slice(0, i), { context })
    seen.push([found?.['perf.process.nginx.state'], found?.['perf.process.postgres.state']])
  }
  expect(seen).toEqual([
    [1, 0],
    [1, 0],
    [0, 0],
    [0, 0],
  ])
})

test('reads nothing when no name is configured', async () => {
  expect(await measure(process, [fakeProc({})])).toBeNull()
})

test('says that processes are hidden rather than that they are gone', async () => {
  await expectFailure(
    measure(process, [fakeProc({ files: { '/proc/77/comm': 'mine\n' } })], { context }),
    'hidepid',
  )
})

test('sees a real process come and go', async () => {
  const name = `monitor-test-long-name-${globalThis.process.pid}`
  const program = join(folder, name)
  await Bun.write(program, '#!/bin/sh\necho ready\nread line\n')
  chmodSync(program, 0o755)
  const child = Bun.spawn([program], { stdin: 'pipe', stdout: 'pipe' })
  await child.stdout.getReader().read()
  const options = { context: { processes: [name] } }
  const running = await measure(process, [openProcFs()], options)
  child.kill('SIGKILL')
  await child.exited
  const gone = await measure(process, [openProcFs()], options)
  expect(running?.[`perf.process.${name}.state`]).toBe(1)
  expect(gone?.[`perf.process.${name}.state`]).toBe(0)
})
