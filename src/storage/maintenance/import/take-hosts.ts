import type { HostFacts } from '../../../domain/hosts/host.ts'
import { addImportedHost } from './add-host.ts'
import type { ImportOptions, Note } from './import-options.ts'
import { NO_HOST, readHost, readTime } from './read-values.ts'
import type { OriginalRow } from './tables.ts'

/** The agent name of an imported host until its agent reports: some release of the original. */
const SOME_ORIGINAL = 'original'

/** Makes the hosts that are not known here, with their facts. */
export async function takeHosts(options: ImportOptions, note: Note) {
  const { original, database, now } = options
  await original.read('agentsystem', async (row) => {
    const host = readHost(row.name)
    const seen = Math.min(readTime(row.time) ?? 0, now)
    note(() => String(row.name), host === null ? NO_HOST : null)
    if (host === null) return
    const [known] = await database.query('SELECT id FROM host WHERE name = ?', [host])
    // Facts that its own agent has sent since are newer.
    if (known) return
    await database.transaction((transaction) =>
      addImportedHost(transaction, { name: host, seen, facts: readFacts(row) }, options),
    )
  })
}

function readFacts(row: OriginalRow<'agentsystem'>): HostFacts {
  const text = (value: unknown, longest: number) => String(value ?? '').slice(0, longest)
  const number = (value: unknown) => (Number.isFinite(Number(value)) ? Math.max(0, Number(value)) : 0)
  return {
    ip: text(row.ip, 64),
    platform: text(row.platform, 64),
    build: text(row.build, 255),
    architecture: text(row.architecture, 64),
    domain: text(row.domain, 253),
    processors: Math.floor(number(row.processors)),
    memoryMb: number(row.memoryMb),
    agent: SOME_ORIGINAL,
  }
}
