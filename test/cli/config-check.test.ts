import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkConfigs, groupByFile } from '../../src/cli/config-check.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { ServiceRole } from '../../src/service/paths.ts'
import type { RegisteredRole } from '../../src/service/registered.ts'
import { makeTempDir, runMonitor } from '../support/spawn.ts'

let folder = ''
beforeEach(() => {
  folder = makeTempDir()
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string, mode = 0o644) => {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), mode)
}
const aRole = (role: ServiceRole, file: string, flags: readonly string[] = []): RegisteredRole => ({
  role,
  user: role === 'agent' ? 'monitor-agent' : 'monitor',
  flags,
  configFile: join(folder, file),
})

/** The lines that were printed, or those of the mistakes. */
async function check(roles: readonly RegisteredRole[], reader: { uid: number; gids: number[] } | null) {
  const lines: string[] = []
  const host = {
    env: {},
    cwd: folder,
    platform: 'linux',
    readText: (file: string) => readFileSync(file, 'utf8'),
    isThere: existsSync,
  }
  try {
    await checkConfigs(groupByFile(roles), {
      load: (file) => loadConfig({ config: file ?? undefined }, host),
      findReader: async () => reader,
      print: (line) => lines.push(line),
    })
    return { isSound: true, lines: lines.map((line) => line.replaceAll(folder, '')) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return {
      isSound: false,
      lines: [...lines, ...error.message.split('\n')].map((line) => line.replaceAll(folder, '')),
    }
  }
}

test('files that checks refer to are looked at; what is wrong with them is a warning', async () => {
  write('ca.pem', 'a certificate', 0o600)
  write('plain', '#!/bin/sh\n', 0o644)
  write('open', '#!/bin/sh\n', 0o777)
  write('good', '#!/bin/sh\n', 0o755)
  const script = (name: string, file: string) =>
    `[[agent.check]]\nname = "${name}"\nkind = "script"\ncommand = ["${folder}/${file}", "-p", "s3cret"]\n`
  const http = (name: string, file: string) =>
    `[[agent.check]]\nname = "${name}"\nkind = "http"\ntarget = "https://a/"\nca_file = "${folder}/${file}"\n`
  mkdirSync(join(folder, 'closed'), { mode: 0o700 })
  write('closed/good', '#!/bin/sh\n', 0o755)
  const scripts = ['none', 'plain', 'open', 'good', 'closed/good'].map((file, i) => script(`s${i}`, file))
  write('agent.toml', `${http('a', 'none.pem')}${http('b', 'ca.pem')}${scripts.join('')}`)
  const agent = aRole('agent', 'agent.toml')
  const wrong = (at: string, value: string, expected: string) =>
    `Warning: /agent.toml: agent.check[${at} = "${value}": expected ${expected}`
  const alone = [
    wrong('1].ca_file', '/none.pem', 'a file that is there'),
    wrong('2].ca_file', '/ca.pem', 'a file with certificates in PEM: /ca.pem holds no certificate in PEM'),
    wrong('3].command', '/none', 'a program that is there'),
    wrong('4].command', '/plain', 'a program that may be executed'),
    wrong('5].command', '/open', 'a program that nobody else may change: /open is writable by others'),
  ]
  const sound = '/agent.toml (agent): the configuration is sound.'
  expect(await check([agent], null)).toEqual({ isSound: true, lines: [...alone, sound] })
  const ofStranger = (await check([agent], OTHER_ACCOUNT)).lines
  expect(ofStranger).toContain(
    wrong(
      '7].command',
      '/closed/good',
      'a program in a folder that the user monitor-agent may enter, which /closed prevents',
    ),
  )
  expect(ofStranger).toContain(
    wrong('2].ca_file', '/ca.pem', 'a file that the user monitor-agent can read, which /ca.pem prevents'),
  )
  const { isSound, lines } = await check([agent], { uid: process.getuid?.() ?? 0, gids: [] })
  expect([isSound, lines.at(-1)]).toEqual([true, sound])
  expect(lines).toContain(
    wrong('5].command', '/open', 'a program that nobody else may change: /open is writable by others'),
  )
})

test('a folder that is missing is called a folder', async () => {
  write('agent.toml', '[agent]\ntext_files = "/nonexistent/text"\n')
  expect(await check([aRole('agent', 'agent.toml')], null)).toEqual({
    isSound: false,
    lines: ['/agent.toml: agent.text_files = "/nonexistent/text": expected a folder that is there'],
  })
})

const OTHER_ACCOUNT = { uid: 54_321, gids: [54_321] }

test('every file of the roles here is read once and named', async () => {
  write('monitor.toml', '')
  write('agent.toml', '')
  const roles = [
    aRole('server', 'monitor.toml'),
    aRole('events', 'monitor.toml'),
    aRole('agent', 'agent.toml'),
  ]
  expect(await check(roles, OTHER_ACCOUNT)).toEqual({
    isSound: true,
    lines: [
      '/monitor.toml (server, events): the configuration is sound.',
      '/agent.toml (agent): the configuration is sound.',
    ],
  })
})

test('an error in one file does not hide that another is sound', async () => {
  write('monitor.toml', '[web]\nport = 99999\n')
  write('agent.toml', '')
  expect(await check([aRole('server', 'monitor.toml'), aRole('agent', 'agent.toml')], null)).toEqual({
    isSound: false,
    lines: [
      '/agent.toml (agent): the configuration is sound.',
      '/monitor.toml: web.port = 99999: expected a whole number from 0 to 65535',
    ],
  })
})

test('an administrator sees what the account of a service cannot read', async () => {
  write('pass', 'secret\n', 0o600)
  write('web.key', 'a key', 0o640)
  write('agent.toml', '[agent]\npassphrase_file = "pass"\n')
  write('monitor.toml', '[web]\ntls_key = "web.key"\n[agent]\npassphrase_file = "pass"\n', 0o600)
  const { isSound, lines } = await check(
    [aRole('server', 'monitor.toml'), aRole('agent', 'agent.toml')],
    OTHER_ACCOUNT,
  )
  expect(isSound).toBe(false)
  expect(lines).toEqual([
    "/monitor.toml: the user monitor of monitor-server can't read it: chgrp monitor /monitor.toml && chmod g+r /monitor.toml",
    '/monitor.toml: web.tls_key = "/web.key": the user monitor of monitor-server can\'t read it: chgrp monitor /web.key && chmod g+r /web.key',
    '/agent.toml: agent.passphrase_file = "/pass": the user monitor-agent of monitor-agent can\'t read it: chgrp monitor-agent /pass && chmod g+r /pass',
  ])
})

test('what counts is the group, the folder on the way, and the sections of the role', async () => {
  mkdirSync(join(folder, 'closed'), { mode: 0o700 })
  write('closed/pass', 'secret\n', 0o644)
  write(
    'monitor.toml',
    '[agent]\npassphrase_file = "closed/pass"\n[collect]\npassphrase_file = "closed/pass"\n',
  )
  const mine = { uid: 54_321, gids: [process.getgid?.() ?? 0] }
  chmodSync(join(folder, 'closed'), 0o710)
  expect((await check([aRole('server', 'monitor.toml')], mine)).isSound).toBe(true)
  chmodSync(join(folder, 'closed'), 0o700)
  const { lines } = await check([aRole('server', 'monitor.toml')], mine)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('collect.passphrase_file')
  expect(lines[0]).toEndWith(
    'because of the folder /closed: keep it in one that this user may enter, such as /etc/monitor',
  )
  expect((await check([aRole('server', 'monitor.toml', ['--no-collect'])], mine)).isSound).toBe(true)
  expect(
    (await check([aRole('server', 'monitor.toml', ['--no-collect', '--agent'])], mine)).lines[0],
  ).toContain('agent.passphrase_file')
})

test('a certificate that is named and missing is an error', async () => {
  write('monitor.toml', '[collect]\ntls_certificate = "gone.crt"\ntls_key = "gone.key"\n')
  expect((await check([aRole('collect', 'monitor.toml')], null)).lines).toEqual([
    '/monitor.toml: collect.tls_certificate = "/gone.crt": expected a file that is there',
    '/monitor.toml: collect.tls_key = "/gone.key": expected a file that is there',
  ])
})

test('the command names the file that it read', async () => {
  write('own.toml', '')
  const { code, stdout } = await runMonitor(['config', 'check', '--config', 'own.toml'], { cwd: folder })
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `${join(folder, 'own.toml')}: the configuration is sound.\n`,
  })
})

test('a threshold that no metric can match is reported with the nearest name, and the file is sound all the same', async () => {
  write(
    'agent.toml',
    [
      '[agent]',
      'server = "collect.example.org"',
      'passphrase = "a long passphrase of the fleet"',
      '[[agent.threshold]]',
      'metric = "perf.filesytem.*.percent.used"',
      'severity = 2',
      'value = 95',
      '[[agent.threshold]]',
      'metric = "perf.filesystem.*.percent.used"',
      'severity = 2',
      'value = 95',
    ].join('\n'),
  )
  const { isSound, lines } = await check([aRole('agent', 'agent.toml')], null)
  expect(lines).toEqual([
    'Warning: /agent.toml: agent.threshold: metric "perf.filesytem.*.percent.used" matches nothing that an agent reports; did you mean perf.filesystem.*.percent.used?',
    '/agent.toml (agent): the configuration is sound.',
  ])
  expect(isSound).toBe(true)
})

test('a threshold of a check that is not there is told; of one that is, and of patterns, nothing', async () => {
  const threshold = (metric: string) => `[[agent.threshold]]\nmetric = "${metric}"\nseverity = 2\nvalue = 5\n`
  const metrics = ['perf.check.shop.milliseconds', 'perf.check.shp.milliseconds', 'perf.check.*.milliseconds']
  write(
    'agent.toml',
    `[[agent.check]]\nname = "shop"\nkind = "tcp"\ntarget = "a:1"\n${metrics.map(threshold).join('')}`,
  )
  expect(await check([aRole('agent', 'agent.toml')], null)).toEqual({
    isSound: true,
    lines: [
      'Warning: /agent.toml: agent.threshold: metric "perf.check.shp.milliseconds" matches nothing: there is no check with the name shp',
      '/agent.toml (agent): the configuration is sound.',
    ],
  })
})
