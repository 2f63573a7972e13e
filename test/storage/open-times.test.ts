import { test } from 'bun:test'
import { rmSync } from 'node:fs'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/storage/database/open.ts'
import { makeTempDir } from '../support/spawn.ts'
import { expectSameGroups } from './open-times.ts'

test('events are the same by slot, whoever groups them', async () => {
  const dataDir = makeTempDir()
  const log = createLog({ level: 'error', format: 'text' })
  await expectSameGroups(await openDatabase('sqlite:monitor.db', { dataDir, clock: systemClock, log }))
  rmSync(dataDir, { recursive: true, force: true })
})
