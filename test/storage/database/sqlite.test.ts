import { afterAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createLog } from '../../../src/lib/log.ts'
import { openStore } from '../../../src/storage/open.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { findScans, recordStatements } from '../../support/sql/plans.ts'
import { describeContracts } from '../contracts/contracts.ts'
import type { Workbench } from '../contracts/store.contract.ts'
import { ALLOWED_SCANS } from './allowed-scans.ts'

const log = createLog({ level: 'error', format: 'text' })

function makeWorkbench(): Workbench {
  const dataDir = makeTempDir()
  return {
    open: (clock, policy) => openStore('sqlite:monitor.db', { dataDir, clock, log, policy }),
    takesAnyLength: true,
    remove: async () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

const { statements, stop } = recordStatements()
afterAll(stop)

describeContracts('SQLite', makeWorkbench)

test('no statement reads a large table from end to end without a reason', async () => {
  stop()
  expect(statements.size).toBeGreaterThan(300)
  const used = new Set<string>()
  const unexplained = (await findScans(statements)).filter(({ sql }) => {
    const known = Object.entries(ALLOWED_SCANS).find(([, patterns]) => patterns.some((one) => one.test(sql)))
    if (known !== undefined) used.add(known[0])
    return known === undefined
  })
  expect(unexplained).toEqual([])
  expect(Object.keys(ALLOWED_SCANS).filter((reason) => !used.has(reason))).toEqual([])
})
