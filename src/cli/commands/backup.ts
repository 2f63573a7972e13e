import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type Command, type CommandInput, needText } from '../../roles/command.ts'
import { readNewPassword, readPassword } from '../../roles/setup/password.ts'
import { withStore } from '../with-store.ts'

const PASSPHRASE_FILE = {
  kind: 'text',
  doc: 'File with the passphrase of an encrypted backup; it is asked for otherwise',
} as const

const backup: Command = {
  name: 'backup',
  doc:
    'Writes a copy of all that a server is: database, certificate, secrets, configuration and ' +
    'the files that it names; everything goes on meanwhile',
  arguments: [
    { name: 'file', doc: 'The archive to write (tar), readable for its owner alone; must not exist yet' },
  ],
  options: {
    encrypt: { kind: 'flag', doc: 'Encrypt it under a passphrase' },
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
    'Brings back all that `monitor backup` wrote, verified first; what is there is kept beside ' +
    'it. Everything must be stopped. --config and --data-dir say where to, if not to where it ' +
    'was',
  arguments: [{ name: 'file', doc: 'What `monitor backup` wrote' }],
  options: {
    'passphrase-file': PASSPHRASE_FILE,
    owner: { kind: 'text', doc: 'User that the files are for, when it is not the one of before' },
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
    throw new CommandError(`--passphrase-file can't be read: ${(cause as Error).message}`)
  }
}

export const BACKUP_COMMANDS: readonly Command[] = [backup, restore]
