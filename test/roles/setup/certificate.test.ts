import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, lstatSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import {
  findCertificate,
  listCertificates,
  makeNextCertificate,
  openCertificate,
  switchToNext,
} from '../../../src/roles/setup/certificate.ts'
import { aMachine } from '../../config/machine.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { makeOwn } from '../../support/tls.ts'

let folder: string
beforeAll(() => {
  folder = makeTempDir()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('of several machines with one configuration, those without the files have no certificate to watch; a broken one is reported', async () => {
  const [certificate, key] = [join(folder, 'c.crt'), join(folder, 'c.key')]
  const set = [`collect.tls_certificate=${certificate}`, `collect.tls_key=${key}`, 'web.tls=true']
  const { config } = loadConfig({ dataDir: folder, set }, aMachine({}))
  expect(listCertificates(config)).toEqual([])
  const files = await makeOwn(['one'])
  writeFileSync(certificate, files.certificate)
  writeFileSync(key, files.key)
  expect(listCertificates(config).map(({ name }) => name)).toEqual(['collect'])
  const alone = loadConfig({ dataDir: folder, set: [...set, 'collect.tls_port=off'] }, aMachine({})).config
  expect(listCertificates(alone).map(({ name }) => name)).toEqual(['collect'])
  writeFileSync(certificate, 'no certificate any more')
  expect(() => listCertificates(config)).toThrow("can't use collect.tls_certificate")
})

test('the next certificate takes the place of the one of now and writes through no link that lies there', async () => {
  const dataDir = makeTempDir()
  try {
    const { config } = loadConfig({ dataDir }, aMachine({}))
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const clock = fakeClock()
    const first = await openCertificate('collect', config, { clock, log }, () => {})
    const next = await makeNextCertificate(dataDir, clock)
    expect((await makeNextCertificate(dataDir, clock)).fingerprint).toBe(next.fingerprint)
    const precious = join(dataDir, 'precious')
    writeFileSync(precious, 'of somebody else', { mode: 0o644 })
    const previous = join(dataDir, 'tls-previous.pem')
    symlinkSync(precious, previous)
    expect(switchToNext(dataDir).fingerprint).toBe(next.fingerprint)
    expect(findCertificate('collect', config)?.fingerprint).toBe(next.fingerprint)
    expect(readFileSync(precious, 'utf8')).toBe('of somebody else')
    expect(lstatSync(previous).isSymbolicLink()).toBe(false)
    expect(readFileSync(previous, 'utf8')).toContain(first.certificate.trim().split('\n')[1] ?? '-')
    expect(statSync(previous).mode & 0o777).toBe(0o600)
    expect(existsSync(join(dataDir, 'tls-next.pem'))).toBe(false)
    expect(() => switchToNext(dataDir)).toThrow('monitor certificate new makes one')
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
