import { writeFileSync } from 'node:fs'
import type { Config } from '../../../config/schema.ts'
import { isSeverity } from '../../../domain/event.ts'
import { listCommonPasswords } from '../../../domain/users/common-passwords.ts'
import { systemClock } from '../../../lib/clock.ts'
import { EXIT } from '../../../lib/exit-codes.ts'
import type { Command, CommandInput } from '../../../roles/command.ts'
import { createFirstUser, openDataDir } from '../../../roles/setup/first-start.ts'
import type { LeftOut } from '../../../storage/maintenance/import/import-options.ts'
import type { ImportResult } from '../../../storage/maintenance/import/import-original.ts'
import type { OriginalReader } from '../../../storage/maintenance/import/tables.ts'
import type { Store } from '../../../storage/ports/store.ts'
import { createProgressBar } from '../../progress-bar.ts'
import { formatTable } from '../../table.ts'
import { describeOptions, needDatabaseUrl } from './database-move.ts'

const count = (number: number) => number.toLocaleString('en')

/** The number of skipped rows that are shown; all of them go into the file of --report. */
const SHOWN_ROWS = 10

export const importCommand: Command = {
  name: 'db import-original',
  doc: 'Imports hosts, samples, events, notification rules and users from the original product; may be run again',
  options: {
    from: {
      kind: 'text',
      doc: 'Its database: mysql://USER:PASSWORD@HOST:3306/DATABASE, or sqlite:FILE for the flask.db of 0.05b',
      needed: true,
    },
    'from-password-file': { kind: 'text', doc: 'File with the password of that database' },
    'from-plain': {
      kind: 'flag',
      doc: 'Reach that database without TLS, also where the settings ask for it: the original speaks none',
    },
    report: { kind: 'text', doc: 'File that lists every skipped row with its reason' },
    'notify-open': {
      kind: 'flag',
      doc: 'Send notifications for events that are still open; default: none are sent',
    },
  },
  async run(input) {
    const { config } = input.load()
    const { availabilitySeverity: severity } = config.events
    const { openDatabase } = await import('../../../storage/database/open.ts')
    const { createStore } = await import('../../../storage/open.ts')
    const { importOriginal } = await import('../../../storage/maintenance/import/import-original.ts')
    const source = await openSource(input, config)
    openDataDir(config.dataDir)
    const bar = createProgressBar(systemClock)
    const leftOut: LeftOut[] = []
    try {
      const own = config.database.url
      const described = describeOptions(input, config, own, null)
      const opened = await openDatabase(own, described)
      const store = createStore(opened, { clock: systemClock, log: described.log })
      try {
        const result = await importOriginal({
          original: source.original,
          database: opened.database,
          store,
          now: systemClock.now(),
          hash: (text) => Bun.password.hash(text),
          commonHashes: new Set(listCommonPasswords().map(sha224)),
          notifyOpen: input.flag('notify-open'),
          availabilitySeverity: isSeverity(severity) ? severity : 1,
          onLeftOut: (row) => leftOut.push(row),
          onProgress: (table, rows, total) => bar.show(rows, total, `rows of ${table}`),
        })
        bar.end()
        printCounts(input, result)
        printLeftOut(input, leftOut)
        await printUsers(input, config, store, result)
        printOpen(input, result)
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

const sha224 = (text: string) => new Bun.CryptoHasher('sha224').update(text).digest('hex')

type ImportSource = { readonly original: OriginalReader; close(): Promise<void> | void }

async function openSource(input: CommandInput, config: Config): Promise<ImportSource> {
  const { openOriginal, openOriginalFile } = await import('../../../storage/maintenance/import/tables.ts')
  const url = needDatabaseUrl(input, 'from')
  if (url.startsWith('sqlite:')) {
    const original = openOriginalFile(url.slice('sqlite:'.length))
    return { original, close: () => original.close() }
  }
  const { connectServer } = await import('../../../storage/database/open.ts')
  const described = describeOptions(input, config, url, 'from-password-file')
  const server = await connectServer(url, {
    ...described,
    server: {
      ...described.server,
      isOfOriginal: true,
      ...(input.flag('from-plain') && { tls: null }),
    },
  })
  try {
    return { original: await openOriginal(server), close: () => server.close() }
  } catch (error) {
    await server.close()
    throw error
  }
}

function printCounts(input: CommandInput, { counts }: ImportResult) {
  const rows = counts.map(({ table, read, taken, left }) => [table, count(read), count(taken), count(left)])
  input.print(formatTable(['TABLE', 'ROWS', 'IMPORTED', 'LEFT OUT'], rows))
}

const describeRow = ({ table, row, reason }: LeftOut) => `${table} ${row}: ${reason}`

function printLeftOut(input: CommandInput, leftOut: readonly LeftOut[]) {
  const file = input.text('report')
  if (file !== null) writeFileSync(file, leftOut.map((row) => `${describeRow(row)}\n`).join(''))
  if (leftOut.length === 0) return
  const more = leftOut.length - SHOWN_ROWS
  input.print(
    [
      'Left out:',
      ...leftOut.slice(0, SHOWN_ROWS).map((row) => `  ${describeRow(row)}`),
      ...(more > 0 ? [`  and ${count(more)} more${file === null ? '; --report FILE lists all' : ''}`] : []),
      ...(file === null ? [] : [`All of them are in ${file}.`]),
    ].join('\n'),
  )
}

/** Says who is an admin, and who can't sign in. The database is never left without an admin. */
async function printUsers(
  input: CommandInput,
  config: Config,
  store: Store,
  { newUsers, admins }: ImportResult,
) {
  const usable = newUsers.filter(({ maySignIn }) => maySignIn).map(({ name }) => name)
  const disabled = newUsers.filter(({ maySignIn }) => !maySignIn).map(({ name }) => name)
  if (usable.length > 0)
    input.print(
      `These users sign in with their old password once, within 30 days, and choose a new one: ${usable.join(', ')}`,
    )
  if (disabled.length > 0)
    input.print(
      ['These users had a password that everybody guesses and are disabled until they get another:']
        .concat(disabled.map((name) => `  monitor user password ${name}`))
        .join('\n'),
    )
  if (admins.length > 0) {
    input.print(`Admins: ${admins.join(', ')}`)
    return
  }
  const first = await createFirstUser(store.users, config.dataDir, systemClock)
  if (first !== null)
    input.print(`Nobody was an admin: "${first.name}" was made, its password is in ${first.file}`)
  else
    input.print(
      'Nobody is an admin: make one with "monitor user access NAME admin", or "monitor user add NAME --access admin"',
    )
}

function printOpen(input: CommandInput, { open, silent }: ImportResult) {
  if (silent > 0)
    input.print(
      `${count(silent)} hosts have not reported to this server yet. An event of each is open until it does; nobody is notified of it.`,
    )
  if (open === 0) return
  input.print(
    input.flag('notify-open')
      ? `${count(open)} events are still open; rules are asked about them once.`
      : `${count(open)} events are still open. Nobody is notified of them (--notify-open does).`,
  )
}
