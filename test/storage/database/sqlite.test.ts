import { rmSync } from 'node:fs'
import { createLog } from '../../../src/lib/log.ts'
import { openStore } from '../../../src/storage/open.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { describeContracts } from '../contracts/contracts.ts'
import type { Workbench } from '../contracts/store.contract.ts'

const log = createLog({ level: 'error', format: 'text' })

function makeWorkbench(): Workbench {
  const dataDir = makeTempDir()
  return {
    open: (clock, policy) => openStore('sqlite:monitor.db', { dataDir, clock, log, policy }),
    takesAnyLength: true,
    remove: async () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

describeContracts('SQLite', makeWorkbench)
