import { expect, test } from 'bun:test'
import { HAS_MARIADB, startMariadb } from '../support/sql/mariadb.ts'
import { runChaos } from './chaos.ts'
import { openDatabase } from './database.ts'

const SEED = 17
const LIMIT_MS = 360_000

async function expectNothingLost(options: Partial<Parameters<typeof runChaos>[0]>) {
  const lines: string[] = []
  const result = await runChaos({ seed: SEED, minutes: 1, say: (line) => lines.push(line), ...options })
  if (result.problems.length > 0) console.log(`seed ${SEED}\n${lines.join('\n')}`)
  expect(result.problems).toEqual([])
  expect(result.samples).toBeGreaterThan(10_000)
}

test('a minute of chaos loses nothing that was acknowledged', () => expectNothingLost({}), LIMIT_MS)

test.skipIf(!HAS_MARIADB)(
  'nor does one on MariaDB',
  async () => {
    const mariadb = await startMariadb()
    try {
      await expectNothingLost({ database: await openDatabase(mariadb) })
    } finally {
      await mariadb.remove()
    }
  },
  LIMIT_MS,
)
