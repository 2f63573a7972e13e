import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { splitWords, writeCompletion } from '../../src/cli/completion.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { COMPILED, makeTempDir, runMonitor } from '../support/spawn.ts'

/** Real shells, driven by keys at a terminal of their own: what is typed, completed and entered arrives as arguments. */
const PATIENCE_MS = 20_000
let cwd = ''
const at = (...path: string[]) => join(cwd, ...path)

beforeAll(async () => {
  cwd = makeTempDir()
  mkdirSync(at('monitor-data'))
  const log = createLog({ level: 'error', format: 'text' })
  const store = await openStore('sqlite:monitor.db', { dataDir: at('monitor-data'), clock: systemClock, log })
  const report = { facts: null, seen: systemClock.now(), clockSkew: 0, frames: [], events: [] }
  await store.ingest.write([{ ...report, host: 'web01' }])
  await store.users.add('ann@example.org', 'viewer', 'hash', 1)
  await store.close()
  const run = (...words: string[]) => runMonitor(words, { cwd, program: COMPILED })
  await run('target', 'add', '--name', 'ops', '--channel', 'mail', '--address', 'ops@example.org')
  await run('rule', 'add', '--name', 'all night', '--channel', 'mail', '--target', 'ops')
  mkdirSync(at('bin'))
  const program = `#!/bin/sh\ncase $1 in\n  completion) exec ${COMPILED.join(' ')} "$@" ;;\n  *) printf '%s\\n' "$@" >"${at('draft')}"; mv "${at('draft')}" "${at('given')}" ;;\nesac\n`
  writeFileSync(at('bin', 'monitor'), program, { mode: 0o755 })
  mkdirSync(at('functions'))
  writeFileSync(at('functions', '_monitor'), `${writeCompletion('zsh')}\n`)
  for (const shell of ['bash', 'fish'] as const)
    writeFileSync(at(`completion.${shell}`), writeCompletion(shell))
  writeFileSync(at('own-settings.toml'), '')
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const until = async (isSo: () => boolean, what: () => string) => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await Bun.sleep(20)) if (isSo()) return
  throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what()}`)
}

/** A shell at a terminal; `enter` types, presses Tab, waits for what then is to be seen, and presses Enter. */
async function openShell(words: readonly string[], setup: string) {
  let screen = ''
  const child = Bun.spawn([...words], {
    cwd,
    env: { PATH: `${at('bin')}:${process.env.PATH}`, HOME: cwd, TERM: 'dumb' },
    terminal: {
      cols: 200,
      rows: 50,
      data: (_, bytes) => {
        screen += new TextDecoder().decode(bytes)
      },
    },
  })
  const { terminal } = child
  const seen = (text: string) =>
    until(
      () => screen.includes(text),
      () => `${text} in ${JSON.stringify(screen)}`,
    )
  // The prompt is put together from parts, so that the echo of this line does not look like a prompt.
  terminal?.write(`${setup}; PS1="rea""dy> "\r`)
  await seen('ready> ')
  return {
    async enter(typed: string, shown: string): Promise<string[]> {
      rmSync(at('given'), { force: true })
      screen = ''
      terminal?.write(`${typed}\t`)
      // The shell echoes what was typed; the completions come after it.
      await seen(shown)
      terminal?.write('\r')
      await until(
        () => existsSync(at('given')),
        () => JSON.stringify(screen),
      )
      return readFileSync(at('given'), 'utf8').trimEnd().split('\n')
    },
    close() {
      child.kill('SIGKILL')
      terminal?.close()
    },
  }
}

const CASES: readonly (readonly [typed: string, shown: string, given: readonly string[]])[] = [
  ['monitor host delete w', 'web01', ['host', 'delete', 'web01']],
  ['monitor rule change a', 'night', ['rule', 'change', 'all night']],
  ['monitor rule change all\\ n', 'night', ['rule', 'change', 'all night']],
  ['monitor user delete ann@e', 'ann@example.org', ['user', 'delete', 'ann@example.org']],
  ['monitor rule add --cha', '--channel', ['rule', 'add', '--channel']],
  ['monitor server --config own', 'own-settings.toml', ['server', '--config', 'own-settings.toml']],
]

const SHELLS: readonly (readonly [name: string, words: readonly string[], setup: string])[] = [
  [
    'bash',
    ['bash', '--norc', '--noprofile', '-i'],
    'bind "set enable-bracketed-paste off"; source ./completion.bash',
  ],
  // As a file of a folder of completions, which is how packages bring it.
  [
    'zsh',
    ['zsh', '-f', '-i'],
    'unsetopt zle_bracketed_paste; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D',
  ],
]

describe.each(SHELLS.filter(([name]) => Bun.which(name) !== null))('%s', (_, words, setup) => {
  test(
    'completes hosts, rules, users, options and files by its script',
    async () => {
      for (const [typed, shown, given] of CASES) {
        // Each in a shell of its own: the very first request has to be answered, too.
        const shell = await openShell(words, setup)
        try {
          expect(await shell.enter(typed, shown)).toEqual([...given])
        } finally {
          shell.close()
        }
      }
    },
    6 * PATIENCE_MS,
  )
})

describe.skipIf(Bun.which('fish') === null)('fish', () => {
  test.each(CASES)('completes "%s"', (typed, _, given) => {
    const script = `source ./completion.fish; complete -C ${JSON.stringify(typed)}`
    const { stdout, stderr } = Bun.spawnSync(['fish', '--no-config', '-c', script], {
      cwd,
      env: { PATH: `${at('bin')}:${process.env.PATH}`, HOME: cwd },
    })
    expect(stderr.toString()).toBe('')
    // A word, and after a tab its description.
    expect(
      stdout
        .toString()
        .split('\n')
        .map((line) => line.split('\t')[0])
        .filter(Boolean),
    ).toEqual([given.at(-1) ?? ''])
  })
})

const missing = ['bash', 'zsh', 'fish'].filter((name) => Bun.which(name) === null)
if (missing.length > 0) console.log(`NOT TESTED HERE: completions of ${missing.join(', ')}`)

test.each([
  ['monitor rule change ', ['monitor', 'rule', 'change', '']],
  ['  monitor  rule', ['monitor', 'rule']],
  ['monitor rule change all\\ n', ['monitor', 'rule', 'change', 'all n']],
  [`monitor a "b 'c" 'd "e'f g`, ['monitor', 'a', "b 'c", 'd "ef', 'g']],
  ['monitor "all n', ['monitor', 'all n']],
])('the words of %j', (line, words) => expect(splitWords(line)).toEqual(words))
