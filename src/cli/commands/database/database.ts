import { resolve } from 'node:path'
import { systemClock } from '../../../lib/clock.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import { type CommandGroup, needText } from '../../../roles/command.ts'
import { openDataDir } from '../../../roles/setup/first-start.ts'
import { formatTable } from '../../table.ts'
import { withStore } from '../../with-store.ts'
import { auditCommand } from './database-audit.ts'
import { importCommand } from './database-import.ts'
import { copyCommand, schemaCommand } from './database-move.ts'

/** Host-days compacted in one go: each go is some seconds at the most. */
const COMPACT_PIECE = 500

export const database: CommandGroup = {
  name: 'db',
  doc: 'Database maintenance',
  commands: [
    {
      name: 'db compact',
      doc: 'Compacts all samples now; the server does this on its own later',
      run: (input) =>
        withStore(input, async ({ maintenance }) => {
          // The clocks of agents may be ahead of ours: everything that is there counts as old.
          const before = systemClock.now() + 400 * 86_400
          let compacted = 0
          for (;;) {
            const piece = await maintenance.compact(before, COMPACT_PIECE)
            compacted += piece
            if (piece < COMPACT_PIECE) break
          }
          await maintenance.reclaim()
          input.print(`Compacted the frames of ${compacted} host-days.`)
          return EXIT.ok
        }),
    },
    {
      name: 'db stats',
      doc: 'Counts hosts, metrics, samples and bytes',
      options: { json: { kind: 'flag', doc: 'As JSON' } },
      run: (input) =>
        withStore(input, async ({ maintenance }) => {
          const stats = await maintenance.stats()
          if (input.flag('json')) input.print(JSON.stringify(stats))
          else
            input.print(
              formatTable(
                ['WHAT', 'COUNT'],
                Object.entries(stats).map(([what, count]) => [what, count.toLocaleString('en')]),
              ),
            )
          return EXIT.ok
        }),
    },
    {
      name: 'db check',
      doc: 'Reads the whole database and reports any damage',
      run: (input) =>
        withStore(input, async ({ maintenance }) => {
          const problems = await maintenance.check()
          input.print(problems.length === 0 ? 'The database is sound.' : problems.join('\n'))
          return problems.length === 0 ? EXIT.ok : EXIT.failed
        }),
    },
    auditCommand,
    {
      name: 'db backup',
      doc:
        'Writes a copy of the database alone, without certificate, secrets and configuration ' +
        '(`monitor backup` has all), while everything else goes on',
      arguments: [{ name: 'file', doc: 'Destination; must not exist yet' }],
      run: (input) =>
        withStore(input, async ({ maintenance }) => {
          const file = resolve(needText(input, 'file'))
          await maintenance.backup(file)
          input.print(`Written to ${file}.`)
          return EXIT.ok
        }),
    },
    {
      name: 'db init',
      doc: 'Creates a new, empty database when the data directory has lost its own',
      run: async (input) => {
        const { config } = input.load()
        if (!config.database.url.startsWith('sqlite:'))
          throw new CommandError('db init makes SQLite databases alone: make others on their server')
        const { prepareNewDatabase } = await import('../../../storage/in-use.ts')
        openDataDir(config.dataDir)
        prepareNewDatabase(config.database.url, config.dataDir, systemClock.now())
        return withStore(
          input,
          async () => {
            input.print('A new database without any data is there.')
            return EXIT.ok
          },
          { create: true, change: ['init database', config.database.url] },
        )
      },
    },
    {
      name: 'db restore',
      doc: 'Replaces the database with a backup and keeps the old one beside it; stop all roles first',
      arguments: [{ name: 'file', doc: 'File written by `db backup`' }],
      run: async (input) => {
        const { config } = input.load()
        const { restoreBackup } = await import('../../../storage/database/sqlite/restore.ts')
        openDataDir(config.dataDir)
        const file = resolve(needText(input, 'file'))
        const kept = await restoreBackup(config.database.url, file, {
          dataDir: config.dataDir,
          clock: systemClock,
        })
        input.print(kept === null ? 'Restored.' : `Restored. The database of before is ${kept}.`)
        return EXIT.ok
      },
    },
    schemaCommand,
    copyCommand,
    importCommand,
  ],
}
