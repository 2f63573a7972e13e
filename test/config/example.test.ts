import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { loadConfig } from '../../src/config/load.ts'
import { printConfig } from '../../src/config/print.ts'
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
