import { rmSync } from 'node:fs'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { makeTempDir } from '../support/spawn.ts'
import { describeStore } from './store.contract.ts'

const log = createLog({ level: 'error', format: 'text' })

describeStore('a store on SQLite', () => {
  const dataDir = makeTempDir()
  return {
    open: (clock) => openStore('sqlite:monitor.db', { dataDir, clock, log }),
    remove: async () => rmSync(dataDir, { recursive: true, force: true }),
  }
})
