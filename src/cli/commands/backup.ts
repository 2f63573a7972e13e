import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { describeError } from '../../lib/log.ts'
import { type Command, type CommandInput, needText } from '../../roles/command.ts'
import { readNewPassword, readPassword } from '../../roles/setup/password.ts'
import { withStore } from '../with-store.ts'

const PASSPHRASE_FILE = {
  kind: 'text',
  doc: 'File with the passphrase of an encrypted backup; default: prompt',
} as const

const backup: Command = {
  name: 'backup',
  doc:
    'Backs up a whole server while it runs: database, certificate, secrets, configuration and the ' +
    'files it refers to',
  arguments: [
    { name: 'file', doc: 'Archive to write (tar), readable only by its owner; must not exist yet' },
  ],
  options: {
    encrypt: { kind: 'flag', doc: 'Encrypt it with a passphrase' },
    'passphrase-file': PASSPHRASE_FILE,
  },
  run: async (input) => {
    const file = resolve(needText(input, 'file'))
    const passphrase = input.flag('encrypt') ? await choosePassphrase(input) : null
    if (passphrase === null && input.text('passphrase-file') !== null)
      throw new CommandError('--passphrase-file goes with --encrypt', EXIT.usage)
    const { createBackup } = await import('../backup/create.ts')
    const { sqliteFile } = await import('../../storage/database/open.ts')
    return withStore(input, async ({ maintenance }, loaded) => {
      const { database, dataDir } = loaded.config
      const databaseFile = database.url.startsWith('sqlite:') ? sqliteFile(database.url, dataDir) : null
      const { files } = await createBackup({
        file,
        loaded,
        databaseFile,
        copyDatabase: (copy) => maintenance.backup(copy, file),
        passphrase,
        time: systemClock.now(),
      })
      input.print([`Written to ${file}:`, ...files.map(({ path }) => `  ${path}`)].join('\n'))
      if (databaseFile === null)
        input.print(
          'The database is on a server of its own and is not in it: back it up by the means of that server.',
        )
      return EXIT.ok
    })
  },
}

const restore: Command = {
  name: 'restore',
  doc:
    'Restores what `monitor backup` wrote, after verifying it; existing files are kept beside it. ' +
    'Stop all roles first. --config and --data-dir change the destination',
  arguments: [{ name: 'file', doc: 'File written by `monitor backup`' }],
  options: {
    'passphrase-file': PASSPHRASE_FILE,
    owner: { kind: 'text', doc: 'Owner of the restored files, if it differs from the original' },
  },
  run: async (input) => {
    const { restoreAll } = await import('../backup/restore.ts')
    const place = (name: string) => {
      const given = input.text(name)
      return given === null ? null : resolve(given)
    }
    await restoreAll({
      file: resolve(needText(input, 'file')),
      askPassphrase: () => findPassphrase(input, () => readPassword('Passphrase of the backup: ')),
      dataDir: place('data-dir'),
      configFile: place('config'),
      owner: input.text('owner'),
      clock: systemClock,
      print: input.print,
    })
    input.print('Everything is back. Start it again, for example: monitor service start server')
    return EXIT.ok
  },
}

async function choosePassphrase(input: CommandInput): Promise<string> {
  const passphrase = await findPassphrase(input, readNewPassword)
  if (passphrase.length < 8) throw new CommandError('a passphrase of at least 8 characters is expected')
  return passphrase
}

function findPassphrase(input: CommandInput, ask: () => Promise<string>): Promise<string> {
  const file = input.text('passphrase-file')
  if (file === null) return ask()
  try {
    return Promise.resolve(readFileSync(file, 'utf8').trim())
  } catch (cause) {
    throw new CommandError(`--passphrase-file can't be read: ${describeError(cause)}`)
  }
}

export const BACKUP_COMMANDS: readonly Command[] = [backup, restore]
