import { rmSync } from 'node:fs'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { makeTempDir } from '../support/spawn.ts'
import { describeGroups } from './groups.contract.ts'
import { describeNames } from './names.contract.ts'
import { describePeople } from './people.contract.ts'
import { describeSecondFactors } from './second-factors.contract.ts'
import { describeStore, type Workbench } from './store.contract.ts'

const log = createLog({ level: 'error', format: 'text' })

function makeWorkbench(): Workbench {
  const dataDir = makeTempDir()
  return {
    open: (clock) => openStore('sqlite:monitor.db', { dataDir, clock, log }),
    remove: async () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

describeStore('a store on SQLite', makeWorkbench)
describeNames('names of hosts on SQLite', makeWorkbench)
describePeople('people on SQLite', makeWorkbench)
describeGroups('groups of hosts on SQLite', makeWorkbench)
describeSecondFactors('codes for signing in on SQLite', makeWorkbench)
