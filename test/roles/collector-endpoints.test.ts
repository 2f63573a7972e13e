import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findServers } from '../../src/roles/collector-endpoints.ts'
import { expectFailure } from '../support/failure.ts'
import { makeTempDir } from '../support/spawn.ts'

const PRINT = 'ab'.repeat(32)
const PINNED = { fingerprints: [PRINT], authorities: [] }
const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'

let folder: string
let caFile: string
beforeAll(() => {
  folder = makeTempDir()
  caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, `Some words.\n${CA}\nMore.\n${CA}\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const find = (server: string[], fingerprint: string[] = [], file: string | null = null) =>
  findServers({ server, fingerprint, caFile: file })

describe('the servers of an agent', () => {
  test('are reached without TLS on this machine itself, and where the address asks for it', async () =>
    expect(await find(['localhost', '127.0.0.5:9', '[::1]', 'tcp://b:9'])).toEqual([
      { host: 'localhost', port: 8888, tls: null },
      { host: '127.0.0.5', port: 9, tls: null },
      { host: '::1', port: 8888, tls: null },
      { host: 'b', port: 9, tls: null },
    ]))
  test('are reached over TLS everywhere else, though nothing speaks of it', async () => {
    const found = await find(['a', '10.0.0.1:9', 'localhost.example.org', 'tcp://b'])
    expect(found.map(({ host, port, tls }) => [host, port, tls?.fingerprints === null])).toEqual([
      ['a', 8889, true],
      ['10.0.0.1', 9, true],
      ['localhost.example.org', 8889, true],
      ['b', 8888, false],
    ])
  })
  test('are all reached over TLS when a fingerprint is given, this machine too', async () =>
    expect(await find(['a', 'b:9', 'localhost'], [`SHA256:${PRINT.toUpperCase()}`])).toEqual([
      { host: 'a', port: 8889, tls: PINNED },
      { host: 'b', port: 9, tls: PINNED },
      { host: 'localhost', port: 8889, tls: PINNED },
    ]))
  test('are never reached without TLS when something says how to know them', async () => {
    await expectFailure(find(['a', 'tcp://c'], [PRINT]), 'agent.server')
    await expectFailure(find(['a', 'tcp://c'], [PRINT]), 'agent.fingerprint')
    await expectFailure(find(['tcp://c'], [], caFile), 'agent.ca_file')
  })
  test('are vouched for by the CAs of a file', async () =>
    expect(await find(['a'], [], caFile)).toEqual([
      { host: 'a', port: 8889, tls: { fingerprints: null, authorities: [CA, CA] } },
    ]))
  test('are known by fingerprint alone when both are given', async () =>
    expect(await find(['a'], [PRINT], caFile)).toEqual([{ host: 'a', port: 8889, tls: PINNED }]))
  test('are not looked for with a file of CAs that is none', async () => {
    writeFileSync(join(folder, 'empty.pem'), 'nothing')
    await expectFailure(find(['a'], [], join(folder, 'empty.pem')), 'agent.ca_file')
    await expectFailure(find(['a'], [], join(folder, 'missing.pem')), 'agent.ca_file')
  })
})
