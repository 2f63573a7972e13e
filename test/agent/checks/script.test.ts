import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPluginOutput } from '../../../src/agent/checks/plugin-output.ts'
import { until } from '../support/bench.ts'
import { runCheck } from './harness.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-script-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
function write(text: string, mode = 0o755): string {
  const file = join(folder, `plugin-${count++}.sh`)
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, mode)
  return file
}

const run = (command: readonly string[], timeout = 3, configFile: string | null = null) =>
  runCheck({ name: 'queue', kind: 'script', command, timeout }, configFile)
const reasonOf = (seen: Awaited<ReturnType<typeof run>>) => seen.reason

describe('a check of kind script', () => {
  test('is good when the program ends with 0, and gives its performance data', async () => {
    const file = write('echo "OK - $1 waits | queue=$1;5;10 \'oldest age\'=1.5s;;;0 free=40%"')
    const { values, reason } = await run([file, '3'])
    expect(values).toEqual({
      state: 1,
      exit: 0,
      milliseconds: expect.any(Number),
      'value.queue': 3,
      'value.oldest_age': 1.5,
      'value.free': 40,
    })
    expect(reason).toBeNull()
  })

  test('gets its arguments as they are: no shell reads them', async () => {
    const file = write('test "$2" = "a b; touch $0.touched; \\$(id)" && echo "$#"')
    const { values } = await run([file, '-w', 'a b; touch $0.touched; $(id)'.replace('$0', file)])
    expect(existsSync(`${file}.touched`)).toBe(false)
    expect(values.exit).toBe(0)
  })

  test.each([
    ['echo "WARNING - 7 wait | queue=7"; exit 1', 1, 'WARNING - 7 wait; exit code 1 (warning)'],
    ['echo "CRITICAL"; exit 2', 2, 'CRITICAL; exit code 2 (critical)'],
    ['echo to nobody >&2; exit 3', 3, 'to nobody; exit code 3 (unknown)'],
    ['exit 77', 77, 'exit code 77'],
    ['kill -9 $$', 137, 'exit code 137'],
  ])('%s is not good', async (text, exit, why) => {
    const { values, reason } = await run([write(text)])
    expect([values.state, values.exit, reason]).toEqual([0, exit, why])
  })

  test('has an environment of its own, in which there is no passphrase', async () => {
    process.env.MONITOR_AGENT_PASSPHRASE = 'hush'
    const { reason } = await run([write('echo "$(env | sort | tr "\\n" " ")"; exit 1')])
    delete process.env.MONITOR_AGENT_PASSPHRASE
    expect(reason).not.toContain('hush')
    expect(reason).toContain('LC_ALL=C.UTF-8')
  })

  test('is ended with all that it started when it takes too long', async () => {
    const pids = join(folder, 'pids')
    const file = write(`(sleep 60 & echo $! >> ${pids}; wait) & echo $$ >> ${pids}; wait`)
    const began = performance.now()
    const { values, reason } = await run([file], 1)
    expect(performance.now() - began).toBeLessThan(1900)
    expect(values).toEqual({ state: 0, exit: 3 })
    expect(reason).toBe('no answer within 1 s')
    const numbers = readFileSync(pids, 'utf8').trim().split('\n')
    expect(numbers).toHaveLength(2)
    await until(() => numbers.every((pid) => !isAlive(pid)))
  })

  test('what it leaves behind in its group ends with it', async () => {
    const pid = join(folder, 'left')
    const { values } = await run([write(`sleep 60 & echo $! > ${pid}; echo OK`)])
    expect(values.state).toBe(1)
    await until(() => !isAlive(readFileSync(pid, 'utf8').trim()))
  })

  test('what has left its group and holds its output changes nothing and costs no handle', async () => {
    const openFiles = () => readdirSync('/proc/self/fd').length
    const pidFile = join(folder, 'escaped')
    const leaver = `setsid sh -c 'echo $$ >> ${pidFile}; exec sleep 300' &`
    const good = write(`${leaver}\necho "OK | v=1"`)
    const slow = write(`${leaver}\nsleep 300`)
    try {
      await run([good])
      const before = openFiles()
      for (let i = 0; i < 3; i++) {
        const fromMs = performance.now()
        expect((await run([good])).values).toMatchObject({ exit: 0, 'value.v': 1 })
        expect(performance.now() - fromMs).toBeLessThan(2500)
        expect(reasonOf(await run([slow], 1))).toContain('no answer within 1 s')
      }
      await until(() => openFiles() <= before)
    } finally {
      for (const pid of readFileSync(pidFile, 'utf8').trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
    }
  })

  test('may write more than 8 KiB, of which the first are taken; one that writes for ever is ended', async () => {
    const long = write('i=0; while [ $i -lt 3000 ]; do echo "line $i |a$i=1"; i=$((i+1)); done; exit 0')
    const { values } = await run([long])
    expect(values.state).toBe(1)
    expect(Object.keys(values).filter((name) => name.startsWith('value.')).length).toBeLessThanOrEqual(50)
    const endless = await run([write('exec yes')])
    expect([endless.values.state, endless.values.exit, endless.reason]).toEqual([
      0,
      3,
      'it wrote more than 16 MiB',
    ])
  })

  test('a number that is cut off at 8 KiB is not taken for a smaller one', async () => {
    const head = `'x=${'y'.repeat(8150)}'`
    const { values } = await run([write(`printf 'OK | a=1 %s b=123456789012345678901234567890 c=1' ${head}`)])
    expect(values).toMatchObject({ state: 1, 'value.a': 1 })
    expect(Object.keys(values).filter((name) => name.startsWith('value.'))).toEqual(['value.a'])
  })

  test('says how many values it has left out', async () => {
    const { values, result } = await run([
      write('echo "OK |"; i=0; while [ $i -lt 60 ]; do echo "a$i=1"; i=$((i+1)); done | sed "1s/^/| /"'),
    ])
    expect(Object.keys(values).filter((name) => name.startsWith('value.'))).toHaveLength(50)
    expect(values.omitted).toBe(10)
    expect(result.samples).toContainEqual({ metric: 'perf.check.queue.omitted', value: 10 })
  })

  test('says when the program is not there or is no program', async () => {
    expect(reasonOf(await run(['/nowhere/plugin']))).toContain('/nowhere/plugin')
    expect(reasonOf(await run([write('exit 0', 0o644)]))).toMatch(/EACCES|permission/i)
  })

  test('does not run what others could have changed', async () => {
    const touched = join(folder, 'touched')
    const text = `touch ${touched}; exit 0`
    const file = write(text, 0o757)
    expect(reasonOf(await run([file]))).toBe(`not run: ${file} is writable by others`)
    const foreign = write(text)
    chownSync(foreign, 65534, 65534)
    expect(reasonOf(await run([foreign]))).toBe(`not run: ${foreign} belongs to another user (65534)`)
    const grouped = write(text)
    chownSync(grouped, 0, 65534)
    chmodSync(grouped, 0o775)
    expect(reasonOf(await run([grouped]))).toBe(`not run: ${grouped} is writable by its group (65534)`)
    const open = join(folder, 'open')
    mkdirSync(open)
    const inside = join(open, 'plugin')
    writeFileSync(inside, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    chmodSync(open, 0o777)
    expect(reasonOf(await run([inside]))).toBe(`not run: ${open} is writable by others`)
    // Neither does a link help, whose own folder is safe.
    const link = join(folder, 'link')
    symlinkSync(inside, link)
    expect(reasonOf(await run([link]))).toBe(`not run: ${open} is writable by others`)
    // Whoever may change a link on the way chooses the program, though all programs are root's.
    const stranger = join(folder, 'stranger')
    mkdirSync(stranger)
    symlinkSync(write('echo fine'), join(stranger, 'current'))
    chownSync(stranger, 65534, 65534)
    const first = join(folder, 'first')
    symlinkSync('stranger/current', first)
    expect(reasonOf(await run([first]))).toBe(`not run: ${stranger} belongs to another user (65534)`)
    const round = join(folder, 'round')
    symlinkSync('round', round)
    expect(reasonOf(await run([round]))).toMatch(/too many symbolic links|ELOOP/i)
    const good = join(folder, 'good')
    symlinkSync(`../${folder.split('/').at(-1)}/./${write('echo fine').split('/').at(-1)}`, good)
    expect(reasonOf(await run([good]))).toBeNull()
    const config = join(folder, 'config.toml')
    writeFileSync(config, '')
    chmodSync(config, 0o666)
    expect(reasonOf(await run([write(text)], 3, config))).toBe(`not run: ${config} is writable by others`)
    expect(existsSync(touched)).toBe(false)
    chmodSync(config, 0o640)
    expect((await run([write(text)], 3, config)).values.state).toBe(1)
    expect(existsSync(touched)).toBe(true)
  })
})

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test.each([
  [
    'DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n/ 15272 MB (77%);\n/boot 68 MB (69%);\n/home 69357 MB (27%);\n/var/log 819 MB (84%); | /boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414\n/var/log=818MB;970;975;0;980',
    { boot: 68, home: 69357, 'var.log': 818 },
  ],
  [
    'PING ok - Packet loss = 0%, RTA = 0.80 ms | percent_packet_loss=0, rta=0.80',
    { percent_packet_loss: 0, rta: 0.8 },
  ],
  ["x | 'a''b = c'=-1.5e3;;; d=U;1;2 e=1,5 f=12c g=3;@10:20 h", { 'a_b_(c': 0 }],
  ['no data', {}],
  // Units and forms of check_sensors, check_nwc_health, check_mssql and others.
  [
    'T | t=45°C;50;60 rate=5B/s plus=+3.5 off=-0.000123s;60;120 load1=0.010;5.000;10.000;0; n=1e3c µ=7µs q=3req/s;;;; eur=5€',
    { t: 45, rate: 5, plus: 3.5, off: -0.000123, load1: 0.01, n: 1000, µ: 7, q: 3, eur: 5 },
  ],
  ["quotes | x'a b'=1 'c''d'=2 ''='e'=3 f'g=4 ' h=5", { a_b: 1, c_d: 2, e: 3, g: 4, h: 5 }],
  [
    'none of these is a number | hex=0xFF v=1.2.3 ip=10.0.0.1 d=2026-11-29 at=10:20 r=1:5 u=U n=nan i=inf e= =7 k=1,000,000 z==2',
    {},
  ],
])('performance data of %s', (output, expected) => {
  const found = Object.fromEntries(
    readPluginOutput(output).values.map(({ metric, value }) => [metric, value]),
  )
  if (output.startsWith('x ')) expect(found).toEqual({ a_b___c: -1500, e: 1.5, f: 12, g: 3 })
  else expect(found).toEqual(expected)
})

// By the square of its length each of these would take a minute.
test.each([
  ['quotes', "'".repeat(256 * 1024)],
  ['quotes with text between', "''a".repeat(80 * 1024)],
  ['digits', `a=${'1'.repeat(256 * 1024)}x`],
  ['a label without an end', 'a'.repeat(256 * 1024)],
])('a long text of %s takes no longer than its length is', (_, data) => {
  const beganMs = performance.now()
  expect(readPluginOutput(`OK | ${data}`).values).toEqual([])
  expect(performance.now() - beganMs).toBeLessThan(2000)
})
