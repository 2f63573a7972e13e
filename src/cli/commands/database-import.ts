import { randomBytes } from 'node:crypto'
import { systemClock } from '../../lib/clock.ts'
import { EXIT } from '../../lib/exit-codes.ts'
import { type Command, needText } from '../../roles/command.ts'
import { openDataDir } from '../../roles/setup/first-start.ts'
import { createProgressBar } from '../progress-bar.ts'
import { formatTable } from '../table.ts'
import { describeOptions } from './database-move.ts'

const count = (number: number) => number.toLocaleString('en')

export const importCommand: Command = {
  name: 'db import-original',
  doc: 'Takes hosts, samples, events, notification rules and users out of a database of the original product; may be run again',
  options: {
    from: { kind: 'text', doc: 'Its database, as mysql://USER:PASSWORD@HOST:3306/DATABASE', needed: true },
    'from-password-file': { kind: 'text', doc: 'File with the password of that database' },
  },
  async run(input) {
    const { config } = input.load()
    openDataDir(config.dataDir)
    const { connectServer, openDatabase } = await import('../../storage/database/open.ts')
    const { createStore } = await import('../../storage/open.ts')
    const { openOriginal } = await import('../../storage/maintenance/import/tables.ts')
    const { importOriginal } = await import('../../storage/maintenance/import/import-original.ts')
    const url = needText(input, 'from')
    const described = describeOptions(input, config, url, 'from-password-file')
    const source = await connectServer(url, {
      ...described,
      server: { ...described.server, isKeyMismatch: true },
    })
    const bar = createProgressBar(systemClock)
    try {
      const original = await openOriginal(source)
      const own = config.database.url
      const opened = await openDatabase(own, describeOptions(input, config, own, null))
      const store = createStore(opened, { clock: systemClock, log: described.log })
      try {
        const { counts, newUsers } = await importOriginal({
          original,
          database: opened.database,
          store,
          now: systemClock.now(),
          makeUnusableHash: () => Bun.password.hash(randomBytes(48).toString('base64')),
          onProgress: (table, rows, total) => bar.show(rows, total, `rows of ${table}`),
        })
        bar.end()
        const rows = counts.map(({ table, read, taken, left }) => [
          table,
          count(read),
          count(taken),
          count(left),
        ])
        input.print(formatTable(['TABLE', 'ROWS', 'TAKEN', 'LEFT OUT'], rows))
        if (newUsers.length > 0)
          input.print(
            ['These users need a password before they can sign in:']
              .concat(newUsers.map((name) => `  monitor user password ${name}`))
              .join('\n'),
          )
        return EXIT.ok
      } finally {
        await store.close()
      }
    } finally {
      bar.end()
      await source.close()
    }
  },
}
