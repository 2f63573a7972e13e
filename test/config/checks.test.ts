import { expect, test } from 'bun:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { printConfig } from '../../src/config/print.ts'
import { findCheckProblem, MAX_CHECKS } from '../../src/domain/check.ts'
import { aMachine } from './machine.ts'

const FILE = '/srv/monitor.toml'
const load = (toml: string) => loadConfig({}, aMachine({ [FILE]: toml })).config.agent.check

function findProblems(toml: string): string[] {
  try {
    load(toml)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
  }
  return []
}

test('checks are read with their defaults', () =>
  expect(
    load(`[[agent.check]]
name = "shop"
kind = "http"
target = "https://shop.example.org/health"
interval = "30s"
expect_text = "ok"
[[agent.check]]
name = "mail-queue"
kind = "script"
command = ["/usr/lib/nagios/plugins/check_mailq", "-w", "5"]`),
  ).toMatchObject([
    { name: 'shop', kind: 'http', interval: 30, timeout: 10, expectStatus: '200-299', followRedirects: true },
    { name: 'mail-queue', kind: 'script', target: null, command: [expect.any(String), '-w', '5'] },
  ]))

test('every error is reported with file, key, value and what was expected', () =>
  expect(
    findProblems(`[[agent.check]]
name = "a.b"
kind = "htp"
interval = "0s"
expect_status = "200-99"
[[agent.check]]
kind = "http"
target = "x"
[[agent.check]]
name = "twice"
kind = "http"
target = "ftp://example.org"
[[agent.check]]
name = "twice"
kind = "script"
command = ["check_mailq"]
ca_file = "ca.pem"
colour = "red"`),
  ).toEqual([
    expect.stringMatching(
      /monitor.toml: agent.check\[1\].name = "a.b": expected a name of at most 64 letters/,
    ),
    expect.stringMatching(
      /agent.check\[1\].kind = "htp": expected one of "http", "tcp", "ping", "dns", "tls", .*"script"/,
    ),
    expect.stringMatching(/agent.check\[1\].interval = "0s": expected a duration/),
    expect.stringMatching(/agent.check\[1\].expect_status = "200-99": expected status codes/),
    expect.stringMatching(/agent.check\[2\].name: expected to be given/),
    expect.stringMatching(/agent.check\[3\].target = "ftp:.*: expected an address without a user/),
    expect.stringMatching(/agent.check\[4\].ca_file = "ca.pem": expected an absolute path/),
    expect.stringMatching(/agent.check\[4\].colour = "red": expected one of name, kind/),
    expect.stringMatching(/agent.check\[4\].name = "twice": expected a value that no other table has/),
  ]))

test('there are bounds', () => {
  const one = (i: number) => `[[agent.check]]\nname = "c${i}"\nkind = "tcp"\ntarget = "a:1"\n`
  const many = (count: number) => Array.from({ length: count }, (_, i) => one(i)).join('')
  expect(load(many(MAX_CHECKS))).toHaveLength(MAX_CHECKS)
  expect(findProblems(many(MAX_CHECKS + 1))[0]).toContain(
    `agent.check = ${MAX_CHECKS + 1}: expected at most 100`,
  )
})

test.each([
  ['tls', 'a.example.org', { expectStatus: '200' }, 'nothing: only kind "http" has this setting'],
  ['tls', 'a.example.org', { caFile: '/ca.pem' }, null],
  ['ping', '10.0.0.1', { caFile: '/ca.pem' }, 'nothing: only kinds "http" and "tls" have this setting'],
  ['ping', '10.0.0.1', { expectText: 'ok' }, 'nothing: only kinds "http", "tcp" and "dns" have this setting'],
  ['http', 'http://a/', { record: 'MX' }, 'nothing: only kind "dns" has this setting'],
  ['tcp', 'a:1', { followRedirects: false }, 'nothing: only kind "http" has this setting'],
  ['dns', 'a.example.org', { server: '10.0.0.53', record: 'MX', expectText: '10.1' }, null],
  ['dns', 'a.example.org', { expectStatus: '200-299', ipVersion: 'any' }, null],
  ['ping', '10.0.0.1', { ipVersion: '6' }, '"any" or "4": the target is an IPv4 address'],
  ['tcp', '[2001:db8::1]:80', { ipVersion: '4' }, '"any" or "6": the target is an IPv6 address'],
  ['http', 'https://[::1]:8443/x', { ipVersion: '4' }, '"any" or "6": the target is an IPv6 address'],
  ['http', 'https://10.0.0.1/', { ipVersion: '4' }, null],
  ['tls', 'a.example.org:443', { ipVersion: '6' }, null],
] as const)('%s %s with %j', (kind, target, settings, expected) =>
  expect(findCheckProblem({ kind, target, command: [], ...settings })?.expected ?? null).toBe(expected),
)

test.each([
  ['http', 'https://user:secret@example.org/', 'target'],
  ['http', 'https://example.org/ x', 'target'],
  ['http', 'https://[2001:db8::1]:8443/x?y=z', null],
  ['http', null, 'target'],
  ['tcp', 'db.example.org', 'target'],
  ['tcp', 'db.example.org:70000', 'target'],
  ['tcp', '[2001:db8::1]:5432', null],
  ['tls', 'mail.example.org', null],
  ['tls', 'mail.example.org:993', null],
  ['ping', '10.0.0.1', null],
  ['ping', 'fe80::1%eth0', null],
  ['ping', 'a b', 'target'],
  ['dns', '_sip._tcp.example.org.', null],
  ['dns', 'https://example.org', 'target'],
  ['script', 'x', 'command'],
] as const)('%s %s', (kind, target, field) =>
  expect(findCheckProblem({ kind, target, command: [] })?.field ?? null).toBe(field),
)

test('arguments of programs are hidden, in what is printed and in what is wrong', () => {
  const command =
    'command = ["/usr/lib/nagios/plugins/check_mysql", "-u", "monitor", "-ps3cret", "--password=s3cret"]'
  const heading = '[[agent.check]]\nname = "db"\nkind = "script"\n'
  expect(printConfig(loadConfig({}, aMachine({ [FILE]: `${heading}${command}` })))).toContain(
    'command = ["/usr/lib/nagios/plugins/check_mysql", "-u", "********", "********", "********"]',
  )
  expect(findProblems(`${heading}target = "x"\n${command}`)[0]).not.toContain('s3cret')
  expect(findProblems(`${heading}${command.replace('"/usr', '"usr')}`)).toEqual([
    expect.stringMatching(
      /agent.check\[1\].command = \["\*{8}","-u","\*{8}","\*{8}".*: expected a list that/,
    ),
  ])
})
