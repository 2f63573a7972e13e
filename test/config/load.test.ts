import { describe, expect, test } from 'bun:test'
import { ConfigError, describeProblem } from '../../src/config/config-error.ts'
import type { ConfigMachine } from '../../src/config/file.ts'
import { type ConfigArguments, loadConfig } from '../../src/config/load.ts'
import { aMachine } from './machine.ts'

const FILE = '/srv/monitor.toml'

/** The mistakes that loading tells, as lines. */
function listProblems(args: ConfigArguments, machine: ConfigMachine): string[] {
  try {
    loadConfig(args, machine)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(describeProblem)
    throw error
  }
  return []
}

const problemsIn = (toml: string, env = {}) => listProblems({}, aMachine({ [FILE]: toml }, env))

describe('precedence', () => {
  const file = { [FILE]: '[web]\nport = 1' }
  const port = (args: ConfigArguments, machine: ConfigMachine) => {
    const { config, origins } = loadConfig(args, machine)
    return [config.web.port, origins.get('web.port')]
  }
  test('without anything the default holds', () => expect(port({}, aMachine())).toEqual([8080, 'default']))
  test('the file wins over the default', () => expect(port({}, aMachine(file))).toEqual([1, FILE]))
  test('the environment wins over the file', () =>
    expect(port({}, aMachine(file, { MONITOR_WEB_PORT: '2' }))).toEqual([2, 'environment MONITOR_WEB_PORT']))
  test('the command line wins over the environment, its last word over those before', () =>
    expect(port({ set: ['web.port=3', 'web.port=4'] }, aMachine(file, { MONITOR_WEB_PORT: '2' }))).toEqual([
      4,
      '--set',
    ]))
  test('--data-dir wins over everything', () => {
    const machine = aMachine({ [FILE]: 'data_dir = "a"' }, { MONITOR_DATA_DIR: 'b' })
    expect(loadConfig({ dataDir: 'd', set: ['data_dir=c'] }, machine).config.dataDir).toBe('/srv/d')
  })
})

describe('the file', () => {
  test('is looked for in the current folder, then in the system', () => {
    const system = { '/etc/monitor/monitor.toml': '' }
    expect(loadConfig({}, aMachine({ [FILE]: '', ...system })).file).toBe(FILE)
    expect(loadConfig({}, aMachine(system)).file).toBe('/etc/monitor/monitor.toml')
    expect(loadConfig({}, aMachine()).file).toBeNull()
  })
  test('is the one that --config or MONITOR_CONFIG names', () => {
    const files = { [FILE]: '', '/srv/a.toml': '', '/b.toml': '' }
    const env = { MONITOR_CONFIG: '/b.toml' }
    expect(loadConfig({}, aMachine(files, env)).file).toBe('/b.toml')
    expect(loadConfig({ config: 'a.toml' }, aMachine(files, env)).file).toBe('/srv/a.toml')
  })
  test('must be there when it was asked for', () =>
    expect(listProblems({ config: 'x.toml' }, aMachine())).toEqual(['/srv/x.toml: there is no such file']))
  test('that is no TOML is reported with line and column, and nothing of it is quoted', () => {
    const [problem, ...rest] = problemsIn('[collect]\npassphrase = "hush-hush\n')
    expect(problem).toMatch(/^\/srv\/monitor\.toml: not valid TOML at line 2, column \d+: /)
    expect(problem).not.toContain('hush')
    expect(rest).toEqual([])
  })
  test('gives relative paths from its own folder', () => {
    const machine = aMachine({ '/etc/monitor/monitor.toml': 'data_dir = "data"' })
    expect(loadConfig({}, machine).config.dataDir).toBe('/etc/monitor/data')
    expect(loadConfig({}, aMachine()).config.dataDir).toBe('/srv/monitor-data')
  })
})

describe('errors', () => {
  test('are reported all at once, from every source', () => {
    const machine = aMachine(
      { [FILE]: 'port = 3\nweb = 4\n[agent]\ninterval = 60\n[webb]\nport = 4\n' },
      { MONITOR_LOG_FORMAT: 'xml', MONITOR_WEB_PRT: '1' },
    )
    expect(listProblems({ set: ['web.port', 'hush', 'log.levl=x'] }, machine).sort()).toEqual([
      '--set: expected section.key=value, such as web.port=8080',
      '--set: log.levl = "x": no such setting; did you mean log.level?',
      '--set: web.port: expected section.key=value, such as web.port=8080',
      '/srv/monitor.toml: agent.interval = 60: expected a duration with its unit (s, m, h or d), such as "60s", at least 1s, at most 1d',
      '/srv/monitor.toml: port = 3: no such setting; did you mean web.port?',
      '/srv/monitor.toml: web = 4: expected a section, [web]',
      '/srv/monitor.toml: webb.port = 4: no such setting; did you mean web.port?',
      'environment MONITOR_LOG_FORMAT: log.format = "xml": expected one of "text", "json"',
      'environment: MONITOR_WEB_PRT = "1": no such setting; did you mean MONITOR_WEB_PORT?',
    ])
  })
  test('in a value that another source overrides are reported too', () =>
    expect(problemsIn('[web]\nport = -1', { MONITOR_WEB_PORT: '80' })).toHaveLength(1))

  const cases: [string, string][] = [
    ['[web]\nport = 65536', 'web.port = 65536: expected a whole number from 0 to 65535'],
    ['[web]\nport = 1.5', 'web.port = 1.5: expected a whole number from 0 to 65535'],
    ['[web]\nport = "80"', 'web.port = "80": expected a whole number from 0 to 65535'],
    ['[web]\naddress = ""', 'web.address = "": expected a text in quotes, not empty'],
    [
      '[database]\nurl = "postgres://monitor:hu@sh/hush@db/x"',
      'database.url = "postgres://monitor:********@db/x": expected an address',
    ],
    ['[agent]\ninterval = nan', 'agent.interval = NaN: expected a duration'],
    [`[agent]\npassphrase = "${'x'.repeat(1025)}"`, 'agent.passphrase = "********": expected at most 1024'],
    ['[agent]\nqueue_size = "12"', 'agent.queue_size = "12": expected a size with its unit'],
    ['[agent]\nqueue_size = "1KiB"', 'at least 1MiB'],
    ['[agent]\ninterval = "0s"', 'at least 1s'],
    ['[agent]\nserver = ["a:1", "b c"]', 'expected addresses such as "monitor.example.org:8888"'],
    ['[agent]\nprocesses = ["a/b"]', 'expected names of letters, digits'],
    ['[agent]\nname = "web 01"', 'expected a name of letters'],
    ['[log]\nlevel = "verbose"', 'expected one of "debug", "info", "warn", "error"'],
    [
      '[database]\nurl = "oracle:x"',
      'database.url = "oracle:********": expected an address such as "sqlite:monitor.db"',
    ],
  ]
  test.each(cases)('%j is refused with %j', (toml, words) => expect(problemsIn(toml).join()).toContain(words))

  test('of the environment are those that look like ours; other programs may have their own', () => {
    expect(problemsIn('', { MONITOR_COLOR: 'x', MONITOR: 'y', MONITORING_WEB_PORT: '1' })).toEqual([])
    expect(problemsIn('', { MONITOR_WEB_COLOUR: 'x' })).toHaveLength(1)
    expect(problemsIn('', { MONITOR_DATADIR: 'x' })[0]).toContain('did you mean MONITOR_DATA_DIR?')
  })
})

describe('secrets', () => {
  test('appear in no error message, not even under a misspelled name', () => {
    const problems = problemsIn(
      '[collect]\npassphrase = 5551234\npassphrse = "5551234"\n[colect]\npassphrase="5551234"',
      {
        MONITOR_COLLECT_PASSPHRSE: '5551234',
        MONITOR_AGENT_PASSPHRASE: '',
      },
    )
    expect(problems).toHaveLength(5)
    expect(problems.join()).not.toContain('5551234')
  })
  test('come from a file beside the configuration, without its line end', () => {
    const machine = aMachine({ [FILE]: '[collect]\npassphrase_file = "p"', '/srv/p': 'open sesame\n' })
    const { config, origins } = loadConfig({}, machine)
    expect(config.collect.passphrase).toBe('open sesame')
    expect(origins.get('collect.passphrase')).toBe(FILE)
  })
  test('come from a file that the environment or the command line names', () => {
    const files = { '/s/p': 'x' }
    const env = { MONITOR_AGENT_PASSPHRASE_FILE: '/s/p' }
    expect(loadConfig({}, aMachine(files, env)).config.agent.passphrase).toBe('x')
    const set = ['collect.passphrase_file=../s/p']
    expect(loadConfig({ set }, aMachine(files)).config.collect.passphrase).toBe('x')
  })
  test('in a file that is missing or empty are an error', () => {
    expect(problemsIn('[collect]\npassphrase_file = "p"')).toEqual([
      '/srv/monitor.toml: collect.passphrase_file = "p": expected a file that can be read (no such file)',
    ])
    const machine = aMachine({ [FILE]: '[collect]\npassphrase_file = "p"', '/srv/p': '\n' })
    expect(listProblems({}, machine)).toHaveLength(1)
  })
  test('given twice in one place are an error, in two places the stronger one wins', () => {
    expect(problemsIn('[collect]\npassphrase = "a"\npassphrase_file = "p"').join()).toContain('not both')
    const machine = aMachine(
      { [FILE]: '[collect]\npassphrase_file = "p"', '/srv/p': 'weak' },
      { MONITOR_COLLECT_PASSPHRASE: 'strong' },
    )
    expect(loadConfig({}, machine).config.collect.passphrase).toBe('strong')
  })
})

test('words of the environment become values of every kind', () => {
  const { config } = loadConfig(
    {
      set: ['agent.server=a:1, [::1]:2', 'agent.queue_size=1GiB', 'events.interval=1m30s', 'agent.services='],
    },
    aMachine({}, { MONITOR_LOG_LEVEL: 'warn', MONITOR_AGENT_PROCESSES: 'nginx' }),
  )
  expect(config.agent.server).toEqual(['a:1', '[::1]:2'])
  expect(config.agent.queueSize).toBe(1024 ** 3)
  expect(config.events.interval).toBe(90)
  expect(config.agent.services).toEqual([])
  expect(config.agent.processes).toEqual(['nginx'])
  expect(config.log.level).toBe('warn')
})

describe('agent.threshold', () => {
  const read = (toml: string) => loadConfig({}, aMachine({ [FILE]: toml })).config.agent.threshold
  test('is read with what is left out', () =>
    expect(
      read(`
        [agent]
        name = "web01"
        [[agent.threshold]]
        metric = "perf.filesystem.*.percent.used"
        severity = 2
        compare = ">="
        value = 92.5
        duration = "15m"
        clear_after = "1h"
        clear_value = 90
        [[agent.threshold]]
        metric = "perf.memory.percent.used"
        severity = 1
        value = 99`),
    ).toEqual([
      {
        metric: 'perf.filesystem.*.percent.used',
        severity: 2,
        compare: '>=',
        value: 92.5,
        duration: 900,
        clearAfter: 3600,
        clearValue: 90,
      },
      {
        metric: 'perf.memory.percent.used',
        severity: 1,
        compare: '>',
        value: 99,
        duration: 300,
        clearAfter: null,
        clearValue: null,
      },
    ]))
  test('reports every error with its place, value and what was expected', () => {
    const problems = problemsIn(`
      [[agent.threshold]]
      metric = "no spaces"
      severity = 5
      compare = "=>"
      value = "high"
      duration = 15
      [[agent.threshold]]
      metric = "a"
      severity = 3
      clear_afer = "1m"
      [[agent.threshold]]
      metric = "a"
      severity = 3
      value = 5
      clear_value = 6
      [[agent.threshold]]
      metric = "a"
      severity = 3
      compare = "="
      value = 0
      clear_value = 1`)
    expect(problems).toEqual([
      `${FILE}: agent.threshold[1].metric = "no spaces": expected the name of a metric, such as "perf.memory.percent.used" or "perf.filesystem.*.percent.used"`,
      `${FILE}: agent.threshold[1].severity = 5: expected a whole number from 1 to 4`,
      `${FILE}: agent.threshold[1].compare = "=>": expected one of ">", "<", "=", ">=", "<=", "!="`,
      `${FILE}: agent.threshold[1].value = "high": expected a number`,
      `${FILE}: agent.threshold[1].duration = 15: expected a duration with its unit (s, m, h or d), such as "5m", at most 30d`,
      `${FILE}: agent.threshold[2].value: expected to be given`,
      `${FILE}: agent.threshold[2].clear_afer = "1m": expected one of metric, severity, compare, value, duration, clear_after, clear_value`,
      `${FILE}: agent.threshold[3].clear_value = 6: expected a number below value`,
      `${FILE}: agent.threshold[4].clear_value = 1: expected only where values are compared by size`,
    ])
  })
  test('that is no list of tables is reported', () =>
    expect(problemsIn('[agent.threshold]\nmetric = "a"')).toEqual([
      `${FILE}: agent.threshold = {"metric":"a"}: expected tables, each under a heading in double brackets`,
    ]))
})
