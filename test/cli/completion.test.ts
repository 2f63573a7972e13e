import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHELLS, writeCompletion } from '../../src/cli/completion.ts'
import { FROM_SOURCE, makeTempDir, runMonitor } from '../support/spawn.ts'

let cwd = ''
const run = (...words: string[]) => runMonitor(words, { cwd })
const complete = async (line: string) => (await run('completion', '--line', line)).stdout.trim().split('\n')

beforeAll(async () => {
  cwd = makeTempDir()
  const user = await runMonitor(['user', 'add', 'ann', '--access', 'operator'], {
    cwd,
    stdin: 'correct horse battery\n',
  })
  expect(user.code).toBe(0)
  await run('target', 'add', '--name', 'ops', '--channel', 'mail', '--address', 'ops@example.org')
  await run('rule', 'add', '--name', 'nights', '--channel', 'mail', '--target', 'ops')
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

test.each([
  ['monitor ver', ['version']],
  ['monitor host ', ['list', 'rename', 'groups', 'delete', 'release']],
  ['monitor service install a', ['agent']],
  ['monitor rule add --cha', ['--channel']],
  ['monitor event list --status c', ['closed']],
  ['monitor user delete ', ['ann']],
  ['monitor rule change ni', ['nights']],
  ['monitor target delete ', ['ops']],
  ['monitor rule add --channel mail --target ', ['ops']],
  ['monitor user add ann --acc', ['--access']],
  ['monitor nosuch ', ['']],
])('the words that may follow "%s"', async (line, expected) => {
  const found = await complete(line)
  expect(found).toEqual(expect.arrayContaining(expected as string[]))
  if (line !== 'monitor host ') expect(found).toEqual(expected as string[])
})

test('without a database there are no names, and no words about it', async () => {
  const empty = makeTempDir()
  const { code, stdout, stderr } = await runMonitor(['completion', '--line', 'monitor host delete '], {
    cwd: empty,
  })
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(existsSync(join(empty, 'monitor-data'))).toBe(false)
  rmSync(empty, { recursive: true, force: true })
})

test('bash completes by its script', () => {
  mkdirSync(join(cwd, 'bin'), { recursive: true })
  writeFileSync(join(cwd, 'bin', 'monitor'), `#!/bin/sh\nexec ${FROM_SOURCE.join(' ')} "$@"\n`, {
    mode: 0o755,
  })
  writeFileSync(join(cwd, 'completion'), writeCompletion('bash'))
  const point = `\${#COMP_LINE}`
  const words = `\${COMPREPLY[*]}`
  const script = `source ./completion; COMP_LINE="monitor user delete a"; COMP_POINT=${point}; _monitor monitor a delete; echo "${words}"`
  const child = Bun.spawnSync(['bash', '-c', script], {
    cwd,
    env: { PATH: `${join(cwd, 'bin')}:${process.env.PATH}` },
  })
  expect({ out: child.stdout.toString(), err: child.stderr.toString() }).toEqual({ out: 'ann\n', err: '' })
})

test('every shell has a script; the name of no shell is a usage error', async () => {
  for (const shell of SHELLS)
    expect((await run('completion', shell)).stdout).toBe(`${writeCompletion(shell)}\n`)
  expect((await run('completion', 'tcsh')).code).toBe(64)
})

test.skipIf(Bun.which('groff') === null)(
  'the manual page is one, by groff, and has every command',
  async () => {
    const { stdout } = await run('man')
    const child = Bun.spawnSync(['groff', '-man', '-Tutf8', '-ww', '-P-bou'], {
      stdin: new TextEncoder().encode(stdout),
    })
    expect(child.stderr.toString()).toBe('')
    const text = child.stdout.toString().replaceAll('‐', '-').replaceAll('−', '-')
    for (const words of ['monitor backup FILE', '--encrypt', 'monitor host rename NAME NEW-NAME'])
      expect(text).toContain(words)
  },
)

test('the version, as text and as JSON', async () => {
  expect((await run('version')).stdout).toBe((await run('--version')).stdout)
  expect(JSON.parse((await run('version', '--json')).stdout)).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    commit: 'source',
  })
})
