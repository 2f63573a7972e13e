import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { matchName, parseState, process } from '../../../src/agent/probes/programs/process.ts'
import { openProcFs, type ProcFs } from '../../../src/platform/proc.ts'
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
  ['python3', '/usr/bin/python3\0-u\0-W\0ignore\0/opt/worker.py\0--x\0', 'worker.py', true],
  ['python3.12', 'python3.12\0-m\0celery\0worker\0', 'celery', true],
  ['python3', 'python3\0-c\0import x\0nginx\0', 'nginx', false],
  ['java', '/usr/bin/java\0-Xmx1g\0-cp\0a:b\0-jar\0/opt/shop.jar\0', 'shop.jar', true],
  ['java', 'java\0-cp\0a:b\0org.example.Main\0', 'org.example.Main', true],
  ['java', 'java\0--add-exports\0java.base/x=ALL\0-cp\0.\0App\0', 'App', true],
  ['java', 'java\0--add-opens\0java.base/x=ALL\0-jar\0/opt/app-server.jar\0', 'app-server.jar', true],
  ['python3', 'python3\0-u\0-mhttp.server\x008000\0', 'http.server', true],
  ['python3', 'python3\0-um\0celery\0worker\0', 'celery', true],
  ['python3', 'python3\0-Wignore\0-Xdev\0plain.py\0', 'plain.py', true],
  ['python3', 'python3\0-\0plain.py\0', 'plain.py', false],
  ['a-rather-long-s', '/bin/sh\0-e\0/opt/a-rather-long-script.sh\0', 'a-rather-long-script.sh', true],
  ['a-rather-long-s', '/usr/bin/awk\0-f\0/opt/a-rather-long-script.awk\0', 'a-rather-long-script.awk', true],
  ['bash', 'bash\0-eo\0pipefail\0/opt/run.sh\0', 'run.sh', true],
  ['bash', 'bash\0+x\0/opt/run.sh\0', 'run.sh', true],
  ['bash', 'bash\0-lc\0sleep 5; : /usr/sbin/nginx\0', 'nginx', false],
  ['sh', 'sh\0-s\0nginx\0', 'nginx', false],
  ['perl', 'perl\0-lane\0print\0', 'print', false],
  ['perl', 'perl\0-w\0-MData::Dumper\0worker.pl\0', 'worker.pl', true],
  ['node', 'node\0--require\0./trace.js\0--max-old-space-size=64\0server.js\0', 'server.js', true],
  ['dotnet', 'dotnet\0exec\0--depsfile\0a.json\0/opt/app.dll\0', 'app.dll', true],
  ['constructor', 'constructor\0nginx\0', 'nginx', false],
  ['node', 'node\0--require\0./trace.js\0/srv/app/server.js\0', 'server.js', true],
  ['node', 'node\0server.js\0nginx\0', 'nginx', false],
  ['bash', 'bash\0/usr/local/bin/backup.sh\0', 'backup.sh', true],
  ['bash', 'bash\0-c\0nginx\0', 'nginx', false],
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

/** A machine with many processes that counts which of its files are read. */
function crowd(count: number, extra: Record<string, string> = {}) {
  let reads = 0
  const ids = [...Array.from({ length: count }, (_, i) => String(i + 1)), ...Object.keys(extra)]
  const base = fakeProc({})
  const proc: ProcFs = {
    ...base,
    listNumbers: (path) => (path === '/proc' ? ids.map(Number) : []),
    readTextIfThere(path) {
      reads++
      const id = path.split('/')[2] ?? ''
      const command = extra[id] ?? 'idle'
      return path.endsWith('/comm') ? command : path.endsWith('/stat') ? `${id} (${command}) S 1 ` : null
    },
    readSlowly: async () => {
      reads++
      return 'idle\0'
    },
  }
  return { proc, count: () => reads }
}

const EMPTY = { found: new Map(), scan: null }

test('of 20,000 processes few are read again for a name that is missing, and a new one is found at once', async () => {
  const machines = [crowd(20_000), crowd(20_000), crowd(20_000), crowd(20_000, { '30001': 'nginx' })]
  const states = machines.map(({ proc }) => proc)
  let previous: unknown = null
  const values = []
  // The first look has a bounded time, which a busy machine may need some times over.
  for (let i = 0; i < 20 && JSON.stringify(process.samples(previous ?? EMPTY, null, 60)) === '[]'; i++)
    previous = await process.linux(
      states[0] ?? fakeProc({}),
      { services: [], processes: ['nginx'] },
      previous,
    )
  for (const proc of states) {
    const reading = await process.linux(proc, { services: [], processes: ['nginx'] }, previous)
    values.push(process.samples(reading, previous, 60).map(({ value }) => value))
    previous = reading
  }
  expect(values).toEqual([[0], [0], [0], [1]])
  expect(machines[0]?.count()).toBeGreaterThan(40_000)
  for (const machine of machines.slice(1)) expect(machine.count()).toBeLessThan(2_100)
})

test('a process whose command line does not come back takes no value but those that rest on it', async () => {
  const base = fakeProc({
    files: {
      ...init,
      '/proc/7/comm': 'hung\n',
      '/proc/9/comm': 'nginx\n',
      '/proc/9/stat': '9 (nginx) S 1 1',
    },
  })
  const proc: ProcFs = {
    ...base,
    readSlowly: (path) => (path.includes('/7/') ? Promise.reject(new Error('late')) : base.readSlowly(path)),
    listStuck: () => ['/proc/7/cmdline'],
  }
  const options = { context: { processes: ['nginx', 'worker.py', 'hung'] } }
  const hung = {
    ...proc,
    readTextIfThere: (path: string) =>
      path === '/proc/7/stat' ? '7 (hung) D 1 1' : proc.readTextIfThere(path),
  }
  expect(await measure(process, [hung], options)).toEqual({
    'perf.process.nginx.state': 1,
    'perf.process.hung.state': 1,
    'perf.process.worker.py.state': 0,
  })
  expect(await measure(process, [hung], { context: { processes: ['worker.py', 'nginx'] } })).toEqual({
    'perf.process.nginx.state': 1,
  })
})

test('a process that runs another program long after its start is found', async () => {
  const names = ['sh', 'sh', 'sh', 'nginx']
  const states = names.map((name) => crowd(100, { '30001': name }).proc)
  expect(await measure(process, states.slice(0, 3), { context: { processes: ['nginx'] } })).toEqual({
    'perf.process.nginx.state': 0,
  })
  expect(await measure(process, states, { context: { processes: ['nginx'] } })).toEqual({
    'perf.process.nginx.state': 1,
  })
})

test('a process that has the number of another one is looked at anew, though its command is the same', async () => {
  const at = (start: number, script: string) =>
    fakeProc({
      files: {
        ...init,
        '/proc/7/comm': 'python3\n',
        '/proc/7/stat': `7 (python3) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 0 0`,
        '/proc/7/cmdline': `python3\0/opt/${script}\0`,
      },
    })
  const old = Array.from({ length: 4 }, () => at(100, 'other.py'))
  const options = { context: { processes: ['worker.py'] } }
  expect(await measure(process, [...old, at(100, 'worker.py')], options)).toEqual({
    'perf.process.worker.py.state': 0,
  })
  expect(await measure(process, [...old, at(900, 'worker.py')], options)).toEqual({
    'perf.process.worker.py.state': 1,
  })
})
