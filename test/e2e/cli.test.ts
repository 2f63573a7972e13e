import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FROM_SOURCE, makeTempDir, type RunningMonitor, runMonitor, startMonitor } from '../support/spawn.ts'

const ANY_PORTS = ['--set', 'web.port=0', '--set', 'collect.port=0', '--set', 'collect.tls_port=0']

let cwd = ''
beforeAll(() => {
  cwd = makeTempDir()
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const run = (line: string, options: { env?: Record<string, string>; stdin?: string } = {}) =>
  runMonitor(line.split(' ').filter(Boolean), { cwd, ...options })

describe('a command line that is wrong ends with 64 and says why', () => {
  const cases: [string, string][] = [
    ['', 'a command is missing'],
    ['serve', 'did you mean server?'],
    ['user', 'a command is missing'],
    ['user lst', 'did you mean list?'],
    ['server --no-colect', 'did you mean no-collect?'],
    ['agent now', 'unknown argument: now'],
    ['server collect', 'unknown argument: collect (monitor server --help'],
    ['db import-original --from nowhere', '--from: expected sqlite:FILE or mysql://'],
    ['db copy --from sqlite:a.db --to sqlite:', '--to: expected sqlite:FILE or mysql://'],
    ['token create --user admin', 'missing: --name (monitor token create --help tells all)'],
    ['user access admin root', 'expected one of viewer, operator, admin, got "root"'],
    ['collect --config', '--config takes a value'],
    ['host rename a', 'missing: NEW-NAME (monitor host rename --help tells all)'],
    ['event list --status opne', 'expected one of open, closed, all, got "opne"; did you mean open?'],
    ['config print --data-dir a --data-dir b', '--data-dir is given more than once'],
    ['server --config a --agent --config b', '--config is given more than once'],
    ['token create --user admin --name x --expires 30', 'a duration with its unit'],
    ['token create --user admin --name x --groups a/b', 'expected names of groups'],
    ['token revoke x', 'by its number'],
    ['user add --random a/b', 'a user name is made of'],
  ]
  test.each(cases)('monitor %s', async (line, words) => {
    const { code, stdout, stderr } = await run(line)
    expect(stderr).toContain(words)
    expect(stdout).toBe('')
    expect(code).toBe(64)
  })
})

describe('a command that fails says why in one line, in our words, and makes nothing', () => {
  const cases: [string, string][] = [
    ['config import-original nosuch.ini', 'nosuch.ini: no such file or directory\n'],
    ['db import-original --from sqlite:nosuch.db --data-dir new', 'there is no file nosuch.db\n'],
    [
      'db import-original --from mysql://a@127.0.0.1:1/x --data-dir new',
      'the database does not answer (127.0.0.1:1: connection refused: nothing listens there, or a firewall refuses it)\n',
    ],
    [
      'db copy --from sqlite:nosuch.db --to sqlite:other.db --data-dir new',
      'new/nosuch.db: is this the right --config or --data-dir?\n',
    ],
    [
      'user list --set database.url=mysql://a@127.0.0.1:1/x --data-dir new',
      'the database does not answer (127.0.0.1:1: connection refused: nothing listens there, or a firewall refuses it)\n',
    ],
    ['restore nosuch.tar', 'nosuch.tar: no such file or directory\n'],
  ]
  test.each(cases)('monitor %s', async (line, words) => {
    const { code, stdout, stderr } = await run(line)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toStartWith('monitor: ')
    expect(stderr).toEndWith(words)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(existsSync(join(cwd, 'new'))).toBe(false)
  })
})

describe('what can be asked without any data', () => {
  test('--version', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dir, '../../package.json'), 'utf8'))
    const { code, stdout } = await run('--version')
    expect(stdout.trim()).toMatch(new RegExp(`^${RegExp.escape(version)} \\(\\S+\\)$`))
    expect(code).toBe(0)
  })
  test('--help names every command, in English wherever it is', async () => {
    const { code, stdout } = await run('--help', { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } })
    for (const name of [
      'server',
      'collect',
      'events',
      'agent',
      'config',
      'user',
      'token',
      'db',
      'completion',
    ])
      expect(stdout).toContain(`monitor ${name}`)
    expect(stdout).toContain('Show help')
    expect(code).toBe(0)
  })
  test('completion, a script that asks the program itself', async () => {
    expect((await run('completion', { env: { SHELL: '/bin/bash', ZSH_NAME: '' } })).stdout).toContain(
      'monitor completion --line',
    )
    const { stdout } = await runMonitor(['completion', '--line', 'monitor user '], { cwd })
    expect(stdout.split('\n')).toContain('password')
  })
  test('nothing that only looks leaves anything behind', async () => {
    expect((await run('user list')).stderr).toContain('there is no data in')
    expect((await run('db stats')).code).toBe(1)
    expect(readdirSync(cwd)).toEqual([])
  })
})

describe('config', () => {
  test('check reports every error and ends with 78; a role does the same', async () => {
    const file = join(cwd, 'bad.toml')
    writeFileSync(file, '[web]\nport = "x"\nprot = 1\n')
    for (const line of [`config check --config ${file}`, `server --config ${file}`]) {
      const { code, stderr } = await run(line, { env: { MONITOR_LOG_LEVEL: 'loud' } })
      expect(code).toBe(78)
      expect(stderr.trim().split('\n')).toHaveLength(3)
      expect(stderr).toContain(`${file}: web.prot = 1: no such setting; did you mean web.port?`)
    }
    rmSync(file)
  })
  test('a secret in another encoding than UTF-8 is an error, not another secret', async () => {
    writeFileSync(join(cwd, 'secret'), Buffer.from('p\xe4sswort', 'latin1'))
    const file = await run('config check --set collect.passphrase_file=secret')
    expect(file.stderr).toContain('collect.passphrase_file = "secret": expected a file that can be read')
    expect(file.code).toBe(78)
    writeFileSync(join(cwd, 'latin.toml'), Buffer.from('[collect]\npassphrase = "p\xe4sswort"\n', 'latin1'))
    const config = await run('config check --config latin.toml')
    expect(config.stderr).toMatch(/latin\.toml: can't be read: .*utf-8/)
    expect(config.stderr).not.toContain('sswort')
    expect(config.code).toBe(78)
  })

  test('check is content with the example', async () => {
    const example = join(import.meta.dir, '../../config.example.toml')
    const { code, stdout } = await run(`config check --config ${example}`)
    expect(stdout).toContain('sound')
    expect(code).toBe(0)
  })
  test('print says where each value comes from', async () => {
    const { stdout } = await run('config print --set web.port=81', { env: { MONITOR_LOG_LEVEL: 'warn' } })
    expect(stdout).toMatch(/^port = 81 +# --set$/m)
    expect(stdout).toMatch(/^level = "warn" +# environment MONITOR_LOG_LEVEL$/m)
  })
  test('an agent without a server and passphrase gets an error for both', async () => {
    const { code, stderr } = await run('agent')
    expect(code).toBe(78)
    expect(stderr).toContain('agent.server')
    expect(stderr).toContain('agent.passphrase')
  })
})

describe('a server', () => {
  let server: RunningMonitor
  beforeAll(async () => {
    server = await startMonitor(['server', '--agent', '--set', 'agent.interval=1s', ...ANY_PORTS], { cwd })
  })

  const data = (...path: string[]) => join(cwd, 'monitor-data', ...path)
  const fetchHosts = async (token: string) => {
    const url = `http://127.0.0.1:${server.ports.web}/api/v1/hosts`
    return fetch(url, { headers: { authorization: `Bearer ${token}` } })
  }

  test('says where the first password is and where to go, and shows the password itself nowhere', () => {
    const password = readFileSync(data('initial-admin-password'), 'utf8').trim()
    expect(server.stdout()).toContain(`in the file ${data('initial-admin-password')}, until it is changed\n`)
    expect(server.stdout()).not.toContain(password)
    expect(server.stdout()).toContain(`Open http://localhost:${server.ports.web}/\n`)
    expect(server.stderr()).not.toContain(password)
  })

  test('keeps its data to itself', () => {
    expect(statSync(data()).mode & 0o777).toBe(0o700)
    for (const name of ['passphrase', 'initial-admin-password'])
      expect(statSync(data(name)).mode & 0o777).toBe(0o600)
  })

  test('takes the samples of its own agent, and shows them to a token, which is printed alone', async () => {
    const { stdout, code } = await run('token create --user admin --name test --expires 30d')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\S{43}\n$/)
    let hosts: { total: number } = { total: 0 }
    for (let tries = 0; tries < 100 && hosts.total === 0; tries++) {
      hosts = (await (await fetchHosts(stdout.trim())).json()) as { total: number }
      if (hosts.total === 0) await Bun.sleep(100)
    }
    expect(hosts.total).toBe(1)
    expect((await run('token list')).stdout).toMatch(/^1 +test +admin +viewer +all hosts +\S+ +\S+ +\S+$/m)
    expect((await run('token revoke 1')).code).toBe(0)
    expect((await fetchHosts(stdout.trim())).status).toBe(401)
    expect((await run('token revoke 1')).stderr).toContain('there is no token 1')
    // By default a token expires; one that never does has to be asked for.
    const life = async (words: string) => {
      expect((await run(`token create --user admin --name life --access operator ${words}`)).code).toBe(0)
      const { tokens } = JSON.parse((await run('token list --json')).stdout)
      const { id, created, expires } = tokens.at(-1)
      await run(`token revoke ${id}`)
      return expires === null ? null : (expires - created) / 86_400
    }
    expect([await life(''), await life('--expires never')]).toEqual([90, null])
  })

  test('has its users managed while it runs', async () => {
    expect((await run('user add ann', { stdin: 'correct horse\n' })).code).toBe(0)
    expect((await run('user add ann', { stdin: 'correct horse\n' })).stderr).toContain('already')
    expect((await run('user add bob', { stdin: 'short\n' })).stderr).toContain(
      'a password has at least 8 characters',
    )
    expect((await run('user access ann operator')).code).toBe(0)
    expect((await run('user list')).stdout).toMatch(/^ann +operator +set +\S+ +never$/m)
    expect((await run('user access admin viewer')).stderr).toContain('the only admin')
    expect((await run('user delete admin')).stderr).toContain('the only admin')
    expect((await run('user delete ann')).code).toBe(0)
    expect((await run('user delete ann')).stderr).toContain('there is no user "ann"')
  })

  test('forgets the first password when a new one is set', async () => {
    const { stdout } = await run('user password admin --random')
    expect(stdout).toMatch(/^[a-zA-Z2-9]{20}\n$/)
    expect(existsSync(data('initial-admin-password'))).toBe(false)
  })

  test('has its database looked after while it runs', async () => {
    const stats = JSON.parse((await run('db stats --json')).stdout)
    expect(stats.hosts).toBe(1)
    expect(stats.samples).toBeGreaterThan(10)
    expect((await run('db check')).stdout).toBe('The database is sound.\n')
    expect((await run('db compact')).code).toBe(0)
    expect((await run('db stats')).stdout).toMatch(/^samples +[\d,]+$/m)
    expect((await run('db backup copy.db')).code).toBe(0)
    expect((await run('db backup copy.db')).stderr).toContain('exists already')
  })

  test('stops in order on SIGTERM and starts again with what it had', async () => {
    expect(await server.stop()).toBe(0)
    expect(server.stderr()).toContain(' stopped role=server')
    const again = await startMonitor(['server', ...ANY_PORTS], { cwd })
    expect(again.stdout()).not.toContain('First start')
    expect(await again.stop()).toBe(0)
  })

  test('is restored from a backup, when nothing runs', async () => {
    expect((await run('user add late --random')).code).toBe(0)
    const running = await startMonitor(['server', ...ANY_PORTS], { cwd })
    expect((await run('db restore copy.db')).stderr).toContain('is in use')
    expect(await running.stop()).toBe(0)
    const { code, stdout } = await run('db restore copy.db')
    expect(stdout).toStartWith('Restored. The database of before is ')
    expect(code).toBe(0)
    expect((await run('user list')).stdout).not.toContain('late')
    writeFileSync(join(cwd, 'junk.db'), 'no database')
    expect((await run('db restore junk.db')).code).toBe(1)
    expect((await run('db check')).code).toBe(0)
  }, 20_000)

  test('leaves engines to processes of their own that share its database', async () => {
    const web = await startMonitor(['server', '--no-collect', '--no-events', ...ANY_PORTS], { cwd })
    const collect = await startMonitor(['collect', ...ANY_PORTS], { cwd })
    const events = await startMonitor(['events'], { cwd })
    const agent = await startMonitor(['agent', '--set', `agent.server=127.0.0.1:${collect.ports.collect}`], {
      cwd,
    })
    await agent.waitFor(/accepts samples/)
    expect(web.ports.collect).toBeUndefined()
    expect(web.stdout()).toContain(`:${web.ports.web}/`)
    for (const part of [agent, events, collect, web]) expect(await part.stop()).toBe(0)
  }, 30_000)

  test('that finds its port taken reports it and ends', async () => {
    const holder = Bun.listen({ hostname: '0.0.0.0', port: 0, socket: { data() {} } })
    const { code, stderr } = await run(
      `server --set web.port=${holder.port} --set collect.port=0 --set collect.tls_port=0`,
    )
    holder.stop(true)
    expect(stderr).toContain(`can't listen on 0.0.0.0:${holder.port}`)
    expect(code).toBe(1)
  })
})

describe('an agent asked once', () => {
  test('prints what it would send, as JSON without the passphrase', async () => {
    const { code, stdout } = await run('agent --once --set agent.passphrase=hush-hush --set agent.name=web01')
    expect(code).toBe(0)
    expect(stdout).not.toContain('hush-hush')
    const { host, metrics, frames } = JSON.parse(stdout)
    expect(host).toBe('web01')
    expect(metrics).toContain('perf.memory.percent.used')
    expect(frames[0]).toHaveLength(metrics.length + 1)
  })
})

test('a terminal is asked twice for a new password and shows nothing of it', async () => {
  const answers = ['correct horse\r', 'correct horse\r']
  let shown = ''
  const child = Bun.spawn([...FROM_SOURCE, 'user', 'add', 'eve', '--data-dir', 'terminal'], {
    cwd,
    terminal: {
      data(terminal, chunk) {
        const text = new TextDecoder().decode(chunk)
        shown += text
        if (/(New password|Once more): $/.test(text)) terminal.write(answers.shift() ?? '')
      },
    },
  })
  expect(await child.exited).toBe(0)
  expect(shown).not.toContain('correct')
  const { stdout } = await run('user list --data-dir terminal')
  expect(stdout).toMatch(/^eve +viewer/m)
})
