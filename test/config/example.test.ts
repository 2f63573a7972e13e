import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { loadConfig } from '../../src/config/load.ts'
import { findShownSecrets, printConfig } from '../../src/config/print.ts'
import { SETTINGS, writeExample } from '../../src/config/settings.ts'
import { aMachine } from './machine.ts'

const FILE = '/srv/monitor.toml'

describe('config.example.toml', () => {
  test('is what the schema says, byte for byte (bun .ci/example.ts writes it)', () =>
    expect(readFileSync(join(import.meta.dir, '../../config.example.toml'), 'utf8')).toBe(writeExample()))

  test('sets nothing as it is', () =>
    expect(loadConfig({}, aMachine({ [FILE]: writeExample() })).config).toEqual(
      loadConfig({}, aMachine()).config,
    ))

  test('is sound with every setting in it switched on', () => {
    const toml = writeExample()
      .replaceAll(/^# Or the name of a file that holds it:\n.*\n/gm, '')
      .replace(/^#(?=\S)/gm, '')
    const { origins } = loadConfig({}, aMachine({ [FILE]: toml }))
    expect([...origins].filter(([, origin]) => origin !== FILE)).toEqual([])
  })
})

describe('config print', () => {
  const machine = aMachine(
    { [FILE]: '[web]\nport = 9\n[collect]\npassphrase = "hush-hush"' },
    { MONITOR_RETENTION_SAMPLES: '36h' },
  )
  const printed = printConfig(loadConfig({ set: ['agent.name=web01'] }, machine))

  test('names every setting and where it comes from', () => {
    for (const { key } of SETTINGS)
      expect(printed).toMatch(new RegExp(`^#?${key.split('.').at(-1)} = .* # \\S`, 'm'))
    expect(printed).toMatch(/^port = 9 +# \/srv\/monitor\.toml$/m)
    expect(printed).toMatch(/^name = "web01" +# --set$/m)
    expect(printed).toMatch(/^samples = "1d12h" +# environment MONITOR_RETENTION_SAMPLES$/m)
    expect(printed).toMatch(/^level = "info" +# default$/m)
  })
  test('hides secrets', () => {
    expect(printed).not.toContain('hush-hush')
    expect(printed).toContain('passphrase = "********"')
  })
  test('is TOML', () => expect(parse(printed)).toHaveProperty('web.port', 9))
})

test('config print hides who signs in at an address and the values of headers', () => {
  const set = [
    'web.url=https://ann:p@ss@monitor.example.org/',
    'webhook.headers=Authorization: Bearer abc,X-Team:operations',
    'database.url=mysql://monitor:geheim@db:3306/monitor',
  ]
  const printed = printConfig(loadConfig({ set }, aMachine()))
  for (const secret of ['ann', 'p@ss', 'abc', 'operations', 'geheim']) expect(printed).not.toContain(secret)
  expect(printed).toContain('"https://********@monitor.example.org/"')
  expect(printed).toContain('"Authorization: ********"')
})

test.each([
  ['database.url', 'mysql:monitor:geheim@db/m', 'mysql:monitor:********@db/m'],
  ['database.url', 'mysql://monitor:geheim', 'mysql://********'],
  ['database.url', 'mysql://monitor:ge@heim@db', 'mysql://monitor:********@db'],
  ['database.url', 'mysql://monitor:ge/heim@db/m?ssl=geheim', 'mysql://monitor:********@db/m?********'],
  ['database.url', 'mysql://db/m?user=monitor&password=geheim', 'mysql://********'],
  ['database.url', 'geheim', '********'],
  ['webhook.headers', 'Authorization Bearer geheim', '********'],
  ['web.url', 'htps://geheim@monitor.example.org/', 'htps://********@monitor.example.org/'],
  ['web.url', 'htps://monitor:ge/heim@monitor.example.org/', 'htps://********@monitor.example.org/'],
  ['web.url', 'htps://monitor.example.org:8080/a?token=geheim', 'htps://monitor.example.org:8080/a?********'],
  ['web.url', 'htps://monitor.example.org/#geheim', 'htps://monitor.example.org/#********'],
  ['ntfy.origins', 'ntfy://geheim@ntfy.sh/', 'ntfy://********@ntfy.sh/'],
  ['web.port', 'http://web/?geheim', 'http://web/?********'],
  ['web.prt', 'http://web/?geheim', 'http://web/?********'],
  ['events.callme_when_well', 'geheim', '********'],
])('what may be a secret in a %s that is wrong is not repeated: %s', (key, value, shown) => {
  const read = (config: string) => () => loadConfig({ config: '/c.toml' }, aMachine({ '/c.toml': config }))
  const [section = '', name = ''] = key.split('.')
  const written = name === 'headers' ? JSON.stringify([value]) : JSON.stringify(value)
  for (const load of [
    () => loadConfig({ set: [`${key}=${value}`] }, aMachine()),
    read(`[${section}]\n${name} = ${written}`),
  ]) {
    expect(load).toThrow(shown)
    expect(load).not.toThrow('geheim')
  }
})

test.each([
  ['target = "htps://shop/health?token=geheim"', 'target = \\"htps://shop/health?********'],
  ['target = "htps://geheim@shop/"', 'htps://********@shop/'],
  ['adress = "https://shop/health?token=geheim"', 'https://shop/health?********'],
])('nor in a table: %s', (line, shown) => {
  const file = `[[agent.check]]\nname = "shop"\nkind = "http"\n${line}\n`
  const load = () => loadConfig({ config: '/c.toml' }, aMachine({ '/c.toml': file }))
  expect(load).toThrow(shown.replaceAll('\\"', '"'))
  expect(load).not.toThrow('geheim')
})

test('an address of a check is printed without its query', () => {
  const file = '[[agent.check]]\nname = "shop"\nkind = "http"\ntarget = "https://shop/health?token=geheim"\n'
  const printed = printConfig(loadConfig({ config: '/c.toml' }, aMachine({ '/c.toml': file })))
  expect(printed).toContain('target = "https://shop/health?********"')
})

test('a secret on the command line is named with what to write instead, and nothing else is', () => {
  const shown = findShownSecrets([
    'collect.passphrase=geheim',
    'database.url=mysql://monitor:geheim@db:3306/monitor',
    'database.url=mysql://monitor:ge/heim@db:3306/monitor',
    'webhook.headers=X-Key:geheim',
    'collect.passphrase_file=/etc/monitor/passphrase',
    'database.url=mysql://monitor@db:3306/monitor',
    'database.url=sqlite:monitor.db',
    'collect.passphrase=off',
    'web.url=https://monitor.example.org',
    'web.port=8080',
  ])
  expect(shown).toHaveLength(4)
  expect(shown.join()).toContain('collect.passphrase_file')
  expect(shown.join()).not.toContain('geheim')
})
