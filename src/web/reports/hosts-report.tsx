/** @jsxImportSource #markup */
import { hostStatus } from '../../domain/hosts/host.ts'
import { agoLabel, hostPath, percentMeter, statusLabel } from '../ui/components.tsx'
import { formatCount, formatIso, formatValue } from '../ui/format.ts'
import { cutWords, listAll, type Report } from './report.ts'

export const hostsReport: Report = {
  key: 'hosts',
  title: 'Hosts',
  doc: 'Every host with its facts and its newest figures.',
  hasPeriod: false,
  async load({ web, now, group }) {
    const upSince = now - web.silence
    const { items: hosts, isCut } = await listAll(
      async (offset, limit) =>
        (await web.store.hosts.list({ ...group, upSince, sort: 'name', offset, limit })).hosts,
    )
    const number = (value: number | undefined) => value ?? null
    const rows = hosts.map((host) => ({
      name: host.name,
      status: hostStatus(host, now, web.silence),
      ip: host.ip,
      domain: host.domain,
      platform: host.platform,
      build: host.build,
      architecture: host.architecture,
      processors: host.processors,
      memory_mb: host.memoryMb,
      processor_percent: number(host.latest['perf.processor.percent.used']),
      memory_percent: number(host.latest['perf.memory.percent.used']),
      last_seen: formatIso(host.lastSeen),
      last_seen_seconds: host.lastSeen,
    }))
    const down = rows.filter(({ status }) => status === 'down').length
    const meter = (value: unknown) => percentMeter(typeof value === 'number' ? value : undefined)
    return {
      rows,
      lead: `${cutWords(isCut)}${formatCount(rows.length, 'host')}, ${rows.length - down} up, ${down} down`,
      empty: 'No host has reported yet.',
      columns: [
        {
          key: 'status',
          name: 'Status',
          show: ({ status }) => statusLabel(status === 'down' ? 'down' : 'up'),
        },
        {
          key: 'name',
          name: 'Name',
          namesRow: true,
          show: ({ name }) => <a href={hostPath(String(name))}>{name}</a>,
        },
        { key: 'ip', name: 'Address' },
        { key: 'domain', name: 'Domain' },
        { key: 'build', name: 'System' },
        { key: 'platform', name: 'Platform' },
        { key: 'architecture', name: null },
        { key: 'processors', name: 'CPUs', isNumber: true },
        {
          key: 'memory_mb',
          name: 'Memory',
          isNumber: true,
          show: ({ memory_mb: mb }) => formatValue(Number(mb) * 1024 * 1024, 'B'),
        },
        {
          key: 'processor_percent',
          name: 'CPU',
          isNumber: true,
          show: (row) => meter(row.processor_percent),
        },
        {
          key: 'memory_percent',
          name: 'Memory used',
          isNumber: true,
          show: (row) => meter(row.memory_percent),
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
