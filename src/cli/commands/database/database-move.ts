import { existsSync, readFileSync } from 'node:fs'
import type { Config } from '../../../config/schema.ts'
import { systemClock } from '../../../lib/clock.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import { createLog, describeFileError } from '../../../lib/log.ts'
import { type Command, type CommandInput, needText } from '../../../roles/command.ts'
import { describeDatabaseServer } from '../../../roles/setup/database-server.ts'
import { openDataDir } from '../../../roles/setup/first-start.ts'
import { parseMysqlUrl } from '../../../storage/database/mysql/url.ts'
import type { OpenStoreOptions } from '../../../storage/database/open.ts'
import { createProgressBar } from '../../progress-bar.ts'
import { formatTable } from '../../table.ts'

const count = (number: number) => number.toLocaleString('en')

/**
 * Opens a database as the configuration describes it, but with the password from a file where one is given
 * for it.
 */
export function describeOptions(
  input: CommandInput,
  config: Config,
  url: string,
  passwordOption: 'from-password-file' | 'to-password-file' | null,
): OpenStoreOptions {
  const file = passwordOption === null ? null : input.text(passwordOption)
  const { password, ...server } = describeDatabaseServer(config)
  // A password in the configuration is that of the database in the configuration.
  const own = url === config.database.url ? (password ?? null) : null
  return {
    dataDir: config.dataDir,
    clock: systemClock,
    log: quietLog(config),
    server: { ...server, password: file === null ? own : readPassword(file) },
  }
}

/** What a command fails for is said once, by its end. */
const quietLog = ({ log }: Config) => createLog({ ...log, level: 'error' })

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (cause) {
    throw new CommandError(`${file} can't be read: ${describeFileError(cause)}`)
  }
}

/** An option that names a database. Throws a CommandError, with what was expected, when it does not. */
export function needDatabaseUrl(input: CommandInput, option: string): string {
  const url = needText(input, option)
  const isFile = /^sqlite:(?!(:memory:)?$)/.test(url)
  if (!isFile && !isMysqlAddress(url))
    throw new CommandError(
      `--${option}: expected sqlite:FILE or mysql://USER:PASSWORD@HOST:3306/DATABASE, several hosts separated by commas`,
      EXIT.usage,
    )
  return url
}

function isMysqlAddress(url: string): boolean {
  try {
    return parseMysqlUrl(url).database !== ''
  } catch {
    return false
  }
}

const PASSWORD_FILES = {
  'from-password-file': { kind: 'text', doc: 'File with the password of the database to read' },
  'to-password-file': { kind: 'text', doc: 'File with the password of the database to write' },
} as const

export const copyCommand: Command = {
  name: 'db copy',
  doc: 'Copies a database into another, empty one; resumes after an interruption. Stop everything that uses them first',
  options: {
    from: { kind: 'text', doc: 'Database to read, as in database.url', needed: true },
    to: { kind: 'text', doc: 'Database to write, as in database.url', needed: true },
    ...PASSWORD_FILES,
  },
  async run(input) {
    const { config } = input.load()
    const { openDatabase, sqliteFile } = await import('../../../storage/database/open.ts')
    const { copyDatabase, isWhole } = await import('../../../storage/maintenance/copy.ts')
    const [fromUrl, toUrl] = [needDatabaseUrl(input, 'from'), needDatabaseUrl(input, 'to')]
    if (fromUrl === toUrl) throw new CommandError('--from and --to are the same database')
    // Opening it would make it, and an empty one is copied whole.
    if (fromUrl.startsWith('sqlite:') && !existsSync(sqliteFile(fromUrl, config.dataDir)))
      throw new CommandError(
        `--from: there is no file ${sqliteFile(fromUrl, config.dataDir)}: is this the right --config or --data-dir?`,
      )
    openDataDir(config.dataDir)
    const from = await openDatabase(fromUrl, describeOptions(input, config, fromUrl, 'from-password-file'))
    try {
      const to = await openDatabase(toUrl, describeOptions(input, config, toUrl, 'to-password-file'))
      const bar = createProgressBar(systemClock)
      try {
        const result = await copyDatabase(from, to, ({ rows, total, table }) =>
          bar.show(rows, total, `rows, ${table}`),
        )
        bar.end()
        input.print(
          formatTable(
            ['TABLE', 'FROM', 'TO'],
            [
              ...result.tables.map((table) => [table.table, count(table.from), count(table.to)]),
              ['samples', count(result.samples.from), count(result.samples.to)],
            ],
          ),
        )
        if (isWhole(result)) {
          input.print('Copied whole.')
          return EXIT.ok
        }
        input.print('The two differ: something wrote to one of them meanwhile. Stop it and run this again.')
        return EXIT.failed
      } finally {
        bar.end()
        await to.database.close()
      }
    } finally {
      await from.database.close()
    }
  },
}

export const schemaCommand: Command = {
  name: 'db schema',
  doc: 'Prints the SQL that creates or upgrades the tables of the configured database; changes nothing',
  async run(input) {
    const { config } = input.load()
    const { isMysqlUrl } = await import('../../../storage/database/mysql/url.ts')
    const { connectServer } = await import('../../../storage/database/open.ts')
    const { readVersion, writeSchema } = await import('../../../storage/database/mysql/migrate.ts')
    if (!isMysqlUrl(config.database.url))
      throw new CommandError('SQLite needs no statements of yours: this is for MariaDB and MySQL')
    const database = await connectServer(
      config.database.url,
      describeOptions(input, config, config.database.url, null),
    )
    try {
      const statements = writeSchema(database.dialect, await readVersion(database), systemClock.now())
      input.print(
        statements.length === 0
          ? '-- The schema is up to date.'
          : statements.map((statement) => `${statement};`).join('\n'),
      )
      return EXIT.ok
    } finally {
      await database.close()
    }
  },
}
