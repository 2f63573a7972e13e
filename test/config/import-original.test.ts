import { describe, expect, test } from 'bun:test'
import { loadConfig } from '../../src/config/load.ts'
import { convertAgentSettings } from '../../src/config/original/agent-settings.ts'
import { convertServerSettings } from '../../src/config/original/server-settings.ts'
import { aMachine } from './machine.ts'

const FILE = '/srv/monitor.toml'

const SERVER = `\uFEFF# Monitoring Server Configuration

[certificates]
key = localhost.pem
name = localhost.crt

[database]
host = localhost
name = monitoring
password = hush
user = monitoring

[events]
availability_check = 240
availability_severity = 2

[mail]
active = 1
admin = Monitoring <monitoring@example.org>
server = mail.example.org:587

[server]
ipaddress = 10.0.0.1
log = False
passphrase = open "sesame"; ß \\
port_collect = 9888
port_web = 8443
secure = True
session_expire = 7200

[retention]
agent = 2592000
data = 7776000
event = 5184000
`

const AGENT = `# Monitoring Agent Configuration\r
[configuration]\r
log = False\r
passphrase = secure_monitoring\r
port = 8888\r
secure = False\r
server = 10.211.55.17\r
\r
[services]\r
s00 = Spooler\r
s01 = SQL Server (MSSQL$EXPRESS)\r
\r
[processes]\r
p00 = systemd\r
\r
[thresholds]\r
t00 = perf.filesystem.c.percent.used,4,85,>,900\r
t01 = perf.service.spooler.state,3,0,=,300\r
t02 = perf.service.sqlserver(mssql$express).state, 1, 0, =, 60\r
t03 = perf.processor.percent.used,5,85,>,900\r
t04 = perf.filesystem.c.percent.free,1,5.5,<,900\r
`

const load = (toml: string) => loadConfig({}, aMachine({ [FILE]: toml })).config

describe('settings of the original become a configuration', () => {
  test('of the server', () => {
    const toml = convertServerSettings(SERVER)
    const config = load(toml)
    expect(config.collect).toMatchObject({
      passphrase: 'open "sesame"; ß \\',
      address: '10.0.0.1',
      port: 9888,
      csvAgents: false,
    })
    expect(config.web).toMatchObject({ address: '10.0.0.1', tls: true, tlsPort: 8443, sessionExpiry: 7200 })
    expect(config.events).toMatchObject({ availabilityCheck: 240, availabilitySeverity: 2 })
    expect(config.retention).toEqual({ samples: 7_776_000, events: 5_184_000, hosts: 2_592_000 })
    expect(config.mail).toMatchObject({
      server: 'mail.example.org',
      port: 587,
      from: 'monitoring@example.org',
    })
    expect(toml).toContain('--from mysql://monitoring@localhost:3306/monitoring --from-password-file FILE')
    expect(toml).toContain('no counterpart: [certificates] key, name')
    expect(toml).not.toContain('hush')
  })

  test('of a server of the last release, where mail is off', () => {
    const toml = convertServerSettings(
      '[server]\nport_web = 80\nsecure = False\n[mail]\nactive = 0\nserver = mx\n',
    )
    expect(load(toml).web).toMatchObject({ tls: false, port: 80 })
    expect(load(toml).mail.server).toBeNull()
    expect(toml).toContain('mail was switched off; its server was mx')
  })

  test('of an agent', () => {
    const toml = convertAgentSettings(AGENT)
    const { agent } = load(toml)
    expect(agent).toMatchObject({
      server: ['10.211.55.17:8888'],
      passphrase: 'secure_monitoring',
      services: ['Spooler', 'SQL Server (MSSQL$EXPRESS)'],
      processes: ['systemd'],
      defaultThresholds: false,
    })
    const common = { clearAfter: null, clearValue: null }
    expect(agent.threshold).toEqual([
      {
        metric: 'perf.filesystem.c.percent.used',
        severity: 4,
        compare: '>',
        value: 85,
        duration: 900,
        ...common,
      },
      { metric: 'perf.service.Spooler.state', severity: 3, compare: '=', value: 0, duration: 300, ...common },
      {
        metric: 'perf.service.SQL_Server_(MSSQL_EXPRESS).state',
        ...{ severity: 1, compare: '=', value: 0, duration: 60 },
        ...common,
      },
      // A name that is free in the other database is in use in this one.
      {
        metric: 'perf.filesystem.c.percent.used',
        severity: 1,
        compare: '>',
        value: 94.5,
        duration: 900,
        ...common,
      },
    ])
    expect(toml).toContain('left out: [thresholds] t03 = perf.processor.percent.used,5,85,>,900: expected')
    expect(toml).toContain('everybody knows')
  })

  test('of an agent with TLS, which has to know the certificate now', () => {
    const toml = convertAgentSettings('[configuration]\nserver = monitor\nport = 9000\nsecure = True')
    expect(load(toml).agent.server).toEqual(['tls://monitor:9000'])
    expect(toml).toContain('set agent.fingerprint')
  })

  test('and what makes no sense, or has no counterpart, is named', () => {
    const toml = convertServerSettings(
      '[server]\nport_web = eighty\nsecure = perhaps\nspeed = 7\n[retention]\ndata = -1\n[own]\na = b\n[mail]\nactive = 1\nadmin = me',
    )
    for (const said of [
      'left out: [server] port_web = eighty: expected a whole number from 1 to 65535',
      'left out: [server] secure = perhaps: expected True or False',
      'no counterpart: [server] speed',
      'no counterpart: [own] a',
      'left out: [retention] data = -1',
      'left out: [mail] sender me',
    ])
      expect(toml).toContain(said)
    expect(load(toml).retention).toEqual(load('').retention)
  })

  test.each([
    ['a file of an agent', AGENT, 'expected a section [server]'],
    ['a file without headings', 'server:10.0.0.1\nport:8888', 'line 1: expected a heading such as [server]'],
    ['something else', '[server]\n\u0000', 'line 2: expected "key = value"'],
  ])('%s is not taken for that of a server', (_, text, expected) =>
    expect(() => convertServerSettings(text)).toThrow(expected),
  )
})
