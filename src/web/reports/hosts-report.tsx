/** @jsxImportSource #markup */
import { hostStatus } from '../../domain/hosts/host.ts'
import { HOST_STATES, type HostState, stateOfHost } from '../../domain/hosts/host-state.ts'
import { agoLabel, hostPath, percentMeter, statusLabel } from '../ui/components.tsx'
import { formatCount, formatIso, formatValue } from '../ui/format.ts'
import { cutWords, listAll, type Report } from './report.ts'

const PROCESSOR = 'perf.processor.percent.used'
const MEMORY = 'perf.memory.percent.used'

const isHostState = (state: unknown): state is HostState => HOST_STATES.some((known) => known === state)

export const hostsReport: Report = {
  key: 'hosts',
  title: 'Hosts',
  doc: 'Every host with its facts and latest values.',
  hasPeriod: false,
  async load({ web, now, group }) {
    const upSince = now - web.silence
    const { items: hosts, isCut } = await listAll(
      async (offset, limit) =>
        (await web.store.hosts.list({ ...group, upSince, sort: 'name', offset, limit })).hosts,
    )
    const { calendar, severityOf } = await web.fleet.read()
    const number = (value: number | undefined) => value ?? null
    const rows = hosts.map((host) => ({
      name: host.name,
      status: hostStatus(host, now, web.silence),
      state: stateOfHost(host, calendar, { now, silence: web.silence }).state,
      ip: host.ip,
      domain: host.domain,
      platform: host.platform,
      build: host.build,
      architecture: host.architecture,
      processors: host.processors || null,
      memory_mb: host.memoryMb || null,
      processor_percent: number(host.latest[PROCESSOR]),
      memory_percent: number(host.latest[MEMORY]),
      last_seen: formatIso(host.lastSeen),
      last_seen_seconds: host.lastSeen,
    }))
    const count = (wanted: HostState) => rows.filter(({ state }) => state === wanted).length
    const [down, planned] = [count('down'), count('maintenance')]
    const meter = (host: unknown, metric: string, value: unknown) =>
      percentMeter(typeof value === 'number' ? value : undefined, severityOf(String(host), metric))
    return {
      rows,
      lead:
        `${cutWords(isCut)}${formatCount(rows.length, 'host')}, ${rows.length - down - planned} up, ${down} down` +
        (planned > 0 ? `, ${planned} in maintenance` : ''),
      empty: 'No host has reported yet.',
      columns: [
        {
          key: 'status',
          name: 'Status',
          show: ({ state }) => statusLabel(isHostState(state) ? state : 'up'),
        },
        { key: 'state', name: null },
        {
          key: 'name',
          name: 'Name',
          namesRow: true,
          show: ({ name }) => <a href={hostPath(String(name))}>{name}</a>,
        },
        { key: 'ip', name: 'Address' },
        { key: 'domain', name: 'Domain' },
        { key: 'build', name: 'System' },
        { key: 'platform', name: null },
        { key: 'architecture', name: null },
        { key: 'processors', name: 'CPUs', isNumber: true },
        {
          key: 'memory_mb',
          name: 'Memory',
          isNumber: true,
          show: ({ memory_mb: mb }) => (mb === null ? '–' : formatValue(Number(mb) * 1024 * 1024, 'B')),
        },
        {
          key: 'processor_percent',
          name: 'CPU',
          isNumber: true,
          show: (row) => meter(row.name, PROCESSOR, row.processor_percent),
        },
        {
          key: 'memory_percent',
          name: 'Memory used',
          isNumber: true,
          show: (row) => meter(row.name, MEMORY, row.memory_percent),
        },
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
