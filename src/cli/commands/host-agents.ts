import { findLags, LAG_WORDS } from '../../domain/hosts/agent-lag.ts'
import type { Host } from '../../domain/hosts/host.ts'
import { describeProgram } from '../../domain/json-shapes.ts'
import { systemClock } from '../../lib/clock.ts'
import { EXIT } from '../../lib/exit-codes.ts'
import { FULL_VERSION } from '../../lib/version.ts'
import type { Command } from '../../roles/command.ts'
import type { Store } from '../../storage/ports/store.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'

const PAGE = 1000
/** Digits of a fingerprint in the table; JSON has all. */
const SHORT = 12

/** Compared with the program and the certificates that are here, where the server's data is. */
export const hostAgents: Command = {
  name: 'host agents',
  doc: 'Lists which version each agent has, what lets it in, which certificates it knows, and what is still to be done',
  options: {
    behind: { kind: 'flag', doc: 'Only those with something to be done' },
    group: { kind: 'text', doc: 'Only those of this group' },
    ...JSON_OPTION,
  },
  run: (input) =>
    withStore(input, async (store, { config }) => {
      const { findCertificate, findNextCertificate } = await import('../../roles/setup/certificate.ts')
      const known = findNextCertificate(config.dataDir) ?? findCertificate('collect', config)
      const server = { version: FULL_VERSION, fingerprint: known?.fingerprint ?? null }
      const upSince = systemClock.now() - config.events.availabilityCheck
      const hosts = await listAll(store, upSince, input.text('group')?.toLowerCase())
      const all = hosts.map((host) => ({
        host,
        program: describeProgram(host),
        lags: findLags(host, server),
      }))
      printList(input, {
        name: 'agents',
        items: input.flag('behind') ? all.filter(({ lags }) => lags.length > 0) : all,
        describe: ({ host, program, lags }) => ({
          name: host.name,
          ...program,
          behind: lags,
          last_seen: host.lastSeen,
        }),
        headings: ['NAME', 'VERSION', 'LET IN BY', 'KNOWS', 'STILL TO DO', 'LAST SEEN'],
        row: ({ host, program, lags }) => [
          host.name,
          program?.version ?? '',
          program?.admitted_by ?? '',
          (program?.fingerprints ?? []).map((one) => one.slice(0, SHORT)).join(' '),
          lags.map((lag) => LAG_WORDS[lag]).join(', '),
          formatTime(host.lastSeen),
        ],
      })
      return EXIT.ok
    }),
}

async function listAll({ hosts }: Store, upSince: number, group: string | undefined): Promise<Host[]> {
  const found: Host[] = []
  for (;;) {
    const choice = { upSince, sort: 'name', offset: found.length, limit: PAGE } as const
    const page = await hosts.list({ ...choice, ...(group !== undefined && { group }) })
    found.push(...page.hosts)
    if (page.hosts.length === 0 || found.length >= page.total) return found
  }
}
