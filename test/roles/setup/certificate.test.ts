import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import { listCertificates } from '../../../src/roles/setup/certificate.ts'
import { aMachine } from '../../config/machine.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { makeOwn } from '../../support/tls.ts'

let folder: string
beforeAll(() => {
  folder = makeTempDir()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('of several machines with one configuration, those without the files have no certificate to watch; a broken one is told', async () => {
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
