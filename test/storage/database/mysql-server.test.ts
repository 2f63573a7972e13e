import { describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { classifyMysqlError, DatabaseRefusedError } from '../../../src/storage/database/mysql/error.ts'
import { findVersionProblem } from '../../../src/storage/database/mysql/version.ts'
import { makeTempDir, runMonitor } from '../../support/spawn.ts'
import { HAS_MARIADB, startMariadb } from '../../support/sql/mariadb.ts'

describe('a version', () => {
  test.each([
    ['8.0.17', false, true],
    ['8.0.16', false, false],
    ['5.7.44-log', false, false],
    ['8.4.0', false, true],
    ['9.7.4-2', false, true],
    ['10.6.0-MariaDB', true, true],
    ['10.5.29-MariaDB', true, false],
    ['5.5.5-10.11.14-MariaDB-0+deb12u2', true, true],
    ['11.8.2-MariaDB', true, true],
  ])('%s (MariaDB: %p) will do: %p', (version, isMaria, isGood) => {
    const problem = findVersionProblem(version, isMaria)
    if (isGood) expect(problem).toBeNull()
    else expect(problem).toContain(version)
  })
})

test.skipIf(!HAS_MARIADB)(
  'a server that is too old is named at the start, which then ends as for a wrong configuration',
  async () => {
    // The server reports whatever version is configured.
    const server = await startMariadb({ options: ['--version=8.0.16'] })
    const dataDir = makeTempDir()
    try {
      const url = await server.createDatabase()
      for (const words of [['events'], ['db', 'stats']]) {
        const { code, stderr } = await runMonitor([
          ...[...words, '--data-dir', dataDir, '--set', `database.url=${url}`],
        ])
        const said = 'the database server is 8.0.16: MariaDB 10.6 or MySQL 8.0.17 is the oldest that will do'
        expect({ code, times: stderr.split(said).length - 1 }).toEqual({ code: 78, times: 1 })
      }
    } finally {
      await server.remove()
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
  60_000,
)

describe('an error of the server means', () => {
  test.each([
    ['that a transaction of another node came first (Group Replication)', { errno: 3101 }, 'conflict'],
    ['that TLS is needed', { errno: 3159 }, 'untrusted'],
    ['that there is none', { code: 'HANDSHAKE_NO_SSL_SUPPORT', fatal: true }, 'untrusted'],
    [
      'that nobody vouches for it',
      { code: 'HANDSHAKE_SSL_ERROR', message: 'self signed certificate in certificate chain', fatal: true },
      'untrusted',
    ],
    [
      'that the line broke during the handshake',
      { code: 'HANDSHAKE_SSL_ERROR', message: 'read ECONNRESET', fatal: true },
      'lost',
    ],
    ['that it is not there', { code: 'ECONNREFUSED', fatal: true }, 'lost'],
  ])('%s', (_, error, failure) => expect(classifyMysqlError(error)).toBe(failure as 'lost'))
})

test.each([
  [{ errno: 3159 }, false, 'set database.tls = true'],
  [{ errno: 1045 }, false, 'or the account needs TLS'],
  [
    { code: 'HANDSHAKE_SSL_ERROR', message: 'unable to get local issuer certificate' },
    true,
    'database.ca_file',
  ],
  [{ code: 'HANDSHAKE_NO_SSL_SUPPORT' }, true, 'database.tls asks for it'],
])('what can be done about %p is said', (error, usesTls, hint) =>
  expect(new DatabaseRefusedError('db:3306', error, { usesTls }).message).toContain(hint),
)
