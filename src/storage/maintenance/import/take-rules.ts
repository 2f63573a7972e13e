import { isSeverity, type Severity } from '../../../domain/event.ts'
import { parseRecipients } from '../../../domain/notifications/mail-address.ts'
import type { ImportOptions, Note } from './import-options.ts'
import { isTrue, readPattern } from './read-values.ts'

/** Makes the notification rules whose names are not taken here; they notify by mail. */
export async function takeRules({ original, store }: ImportOptions, note: Note) {
  const names = new Set((await store.rules.list()).map(({ name }) => name))
  const taken = new Set<string>()
  await original.read('notifyrule', async (row) => {
    const label = () => `${String(row.id)}: ${row.name} to ${row.email}`
    const recipients = parseRecipients(String(row.email ?? '').trim())
    const severities = readSeverities(row.severity)
    if (recipients === null) return note(label, 'the e-mail is no list of addresses')
    if (severities.length === 0) return note(label, 'the severity is neither 1 to 4 nor a pattern')
    note(label, null)
    const said =
      String(row.name ?? '')
        .trim()
        .slice(0, 80) || `rule ${String(row.id)}`
    // Names were not unique there.
    const name = taken.has(said) ? `${said} (${String(row.id)})` : said
    taken.add(name)
    if (names.has(name)) return
    const status = readPattern(row.status)
    await store.rules.add({
      name,
      enabled: isTrue(row.enabled),
      host: readPattern(row.host),
      metric: readPattern(row.monitor),
      severities,
      onOpening: status !== '0',
      onClosing: status !== '1',
      onSeverityChange: false,
      channel: 'mail',
      target: recipients.join(', '),
      delay: 0,
      repeat: null,
    })
  })
}

function readSeverities(value: unknown): Severity[] {
  const pattern = readPattern(value)
  if (/[%_]/.test(pattern)) return [1, 2, 3, 4]
  const severity = Number(pattern)
  return isSeverity(severity) ? [severity] : []
}
