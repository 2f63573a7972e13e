/** @jsxImportSource #markup */
import { findLags, LAG_WORDS, LAGS } from '../../domain/hosts/agent-lag.ts'
import { describeProgram } from '../../domain/json-shapes.ts'
import { agoLabel, hostPath } from '../ui/components.tsx'
import { formatCount, formatIso } from '../ui/format.ts'
import { cutWords, listAll, type Report } from './report.ts'

/** Digits of a fingerprint on the page; CSV and JSON have all. */
const SHORT = 12

export const agentsReport: Report = {
  key: 'agents',
  title: 'Agents',
  doc: 'The version of each agent, how it was admitted, and the certificates it has pinned.',
  words: 'version passphrase fingerprint certificate upgrade rotation',
  hasPeriod: false,
  async load({ web, now, group }) {
    const server = web.findServerProgram()
    const upSince = now - web.silence
    const { items: hosts, isCut } = await listAll(
      async (offset, limit) =>
        (await web.store.hosts.list({ ...group, upSince, sort: 'name', offset, limit })).hosts,
    )
    const all = hosts.map((host) => ({ host, lags: findLags(host, server) }))
    const counts = LAGS.map((lag) => ({ lag, count: all.filter(({ lags }) => lags.includes(lag)).length }))
    const behind = counts.filter(({ count }) => count > 0)
    const rows = all.map(({ host, lags }) => {
      const program = describeProgram(host)
      return {
        name: host.name,
        version: program?.version ?? null,
        admitted_by: program?.admitted_by ?? null,
        fingerprints: program === null ? null : program.fingerprints.join(' '),
        behind: lags.map((lag) => LAG_WORDS[lag]).join(', '),
        last_seen: formatIso(host.lastSeen),
        last_seen_seconds: host.lastSeen,
      }
    })
    return {
      rows,
      lead: [
        `${cutWords(isCut)}${formatCount(rows.length, 'agent')}`,
        ...(behind.length === 0 ? ['none out of date'] : []),
        ...behind.map(({ lag, count }) => `${count} with ${LAG_WORDS[lag]}`),
      ].join(', '),
      empty: 'No agent has reported yet.',
      note:
        `This server is ${server.version}. ` +
        (server.fingerprint === null
          ? ''
          : `Agents that pin its certificate should know ${server.fingerprint.slice(0, SHORT)}. `) +
        'Version and certificates are what an agent reported when it last connected.',
      columns: [
        {
          key: 'name',
          name: 'Name',
          namesRow: true,
          show: ({ name }) => <a href={hostPath(String(name))}>{name}</a>,
        },
        { key: 'version', name: 'Version' },
        { key: 'admitted_by', name: 'Admitted by' },
        {
          key: 'fingerprints',
          name: 'Pinned certificates',
          show: ({ fingerprints }) =>
            String(fingerprints || '–')
              .split(' ')
              .map((one) => one.slice(0, SHORT))
              .join(' '),
        },
        { key: 'behind', name: 'To do' },
        {
          key: 'last_seen',
          name: 'Last reported',
          isNumber: true,
          show: (row) => agoLabel(Number(row.last_seen_seconds), now),
        },
        { key: 'last_seen_seconds', name: null },
      ],
    }
  },
}
