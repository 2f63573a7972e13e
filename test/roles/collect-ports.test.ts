import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { readCertificate } from '../../src/lib/tls/certificate.ts'
import { describePorts } from '../../src/roles/collect.ts'
import { aMachine } from '../config/machine.ts'
import { makeTempDir } from '../support/spawn.ts'
import { makeOwn } from '../support/tls.ts'

let folder: string
beforeAll(() => {
  folder = makeTempDir()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the fingerprint that is shown is that of the present certificate', async () => {
  const file = join(folder, 'tls.pem')
  const ports = describePorts(loadConfig({ dataDir: folder }, aMachine({})).config)
  expect(ports.findFingerprint()).toBeNull()
  for (const names of [['one'], ['two']]) {
    const files = await makeOwn(names)
    writeFileSync(file, `${files.key}\n${files.certificate}`, { mode: 0o600 })
    expect(ports.findFingerprint()).toBe(readCertificate(files).fingerprint)
  }
  writeFileSync(file, 'no certificate any more')
  expect(ports.findFingerprint()).toBeNull()
})
