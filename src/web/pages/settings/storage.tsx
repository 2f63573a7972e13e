/** @jsxImportSource #markup */
import type { BackupNote } from '../../../storage/ports/store.ts'
import { route } from '../../http/route.ts'
import type { StorageFigures } from '../../http/storage-stats.ts'
import { agoLabel, hostPath } from '../../ui/components.tsx'
import { formatDuration, formatNumber, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { settingsPage } from './settings-layout.tsx'

const DAY = 86_400
const COLUMNS: readonly ListColumn[] = [
  { name: 'Host', breaks: true },
  { name: 'Samples', isNumber: true },
  { name: 'Share', isNumber: true },
  { name: 'About', isNumber: true },
]
/** Hosts whose figures are read for the estimate of what comes in. */
const SAMPLED_HOSTS = 1000

export const storagePage = route({ path: '/settings/storage', access: 'admin' }, async (request) => {
  const { web, now } = request
  const [figures, list, backup] = await Promise.all([
    web.figures(),
    web.store.hosts.list({ upSince: now - web.silence, status: 'up', limit: SAMPLED_HOSTS }),
    web.store.maintenance.findLastBackup(),
  ])
  const { retention } = web.about
  const free = web.about.readFreeBytes()
  const model = storageModel({
    ...figures,
    up: list.total,
    metricsOfHost: mean(list.hosts.map(({ latest }) => Object.keys(latest).length)),
    free,
  })
  const figure = (name: string, value: string, unit = '') => (
    <div>
      <span class="name">{name}</span>
      <b>
        {value}
        {unit !== '' && <small>{unit}</small>}
      </b>
    </div>
  )
  const [bytes = '', bytesUnit = ''] = formatValue(figures.bytes, 'B').split('\u202f')
  return settingsPage(request, {
    title: 'Storage',
    lead: <>Figures from {agoLabel(figures.taken, now)}; they are updated every 10 min.</>,
    body: (
      <>
        <div class="figures card">
          {figure('Database', bytes, bytesUnit)}
          {figure('Samples', formatNumber(figures.samples))}
          {figure(
            'Bytes per sample',
            model.bytesPerSample === null ? '–' : formatNumber(model.bytesPerSample),
            model.bytesPerSample === null ? '' : 'B',
          )}
          {figure('Hosts', formatNumber(figures.hosts))}
          {figure('Metrics', formatNumber(figures.metrics))}
        </div>
        <section class="section">
          <h2>Disk space</h2>
          {roomView(model)}
        </section>
        {hostsView(figures)}
        <section class="section">
          <h2>Last backup</h2>
          {backupView(backup, now)}
        </section>
        {retention !== null && (
          <section class="section">
            <h2>Retention</h2>
            <dl class="words">
              <div>
                <dt>Samples</dt>
                <dd>{formatDuration(retention.samples)}, at full resolution</dd>
              </div>
              <div>
                <dt>Closed events</dt>
                <dd>{formatDuration(retention.events)}</dd>
              </div>
              <div>
                <dt>Silent hosts</dt>
                <dd>{formatDuration(retention.hosts)}</dd>
              </div>
            </dl>
            <p class="soft">
              Set by <code>retention</code> in the configuration.
            </p>
          </section>
        )}
        <section class="section">
          <h2>Database</h2>
          <p>
            {formatNumber(figures.frames)} frames of the last hours, {formatNumber(figures.blocks)} compacted
            days of hosts. <code>monitor db check</code> verifies the whole database;{' '}
            <code>monitor backup FILE.tar</code> backs it up with certificate, secrets and configuration while
            the server runs.
          </p>
        </section>
      </>
    ),
  })
})

type Shares = Pick<Awaited<ReturnType<StorageFigures>>, 'bytes' | 'samples' | 'hosts' | 'largestHosts'>

/**
 * The bytes of each host are estimated: samples are packed together, and measuring each one would require
 * reading them all.
 */
function hostsView({ bytes, samples, hosts, largestHosts }: Shares): Html {
  const rows = largestHosts.map(({ host, samples: own }) => {
    const share = samples > 0 ? own / samples : 0
    return {
      cells: [
        <a href={hostPath(host)}>{host}</a>,
        formatNumber(own),
        formatValue(100 * share, '%'),
        formatValue(share * bytes, 'B'),
      ],
    }
  })
  if (rows.length === 0) return <></>
  return (
    <section class="section">
      <h2>By host</h2>
      <p class="soft">
        {hosts > rows.length ? `The ${rows.length} with the most samples. ` : ''}Sizes are estimated from the
        share of samples; hosts whose values change a lot take somewhat more.
      </p>
      {listTable(COLUMNS, rows, { stacks: false })}
    </section>
  )
}

function backupView(backup: BackupNote | null, now: number): Html {
  if (backup === null)
    return (
      <p>
        No <code>monitor backup</code> has been run yet. Backups made by other programs are not seen here.
      </p>
    )
  return (
    <p>
      {agoLabel(backup.time, now)}, to <code class="anywhere">{backup.file}</code>.
    </p>
  )
}

type StorageInput = {
  readonly bytes: number
  readonly samples: number
  readonly up: number
  readonly metricsOfHost: number
  readonly free: number | null
}

export type StorageModel = {
  readonly bytesPerSample: number | null
  /** Bytes that are added a day at one sample a minute; null when that can't be estimated yet. */
  readonly bytesPerDay: number | null
  readonly free: number | null
  /** Until the disk is full when nothing is dropped. */
  readonly daysLeft: number | null
}

/** Few samples weigh what an empty database does: no figure a sample comes of that. */
const LEAST_SAMPLES = 100_000

export function storageModel({ bytes, samples, up, metricsOfHost, free }: StorageInput): StorageModel {
  const bytesPerSample = samples < LEAST_SAMPLES ? null : bytes / samples
  const bytesPerDay = bytesPerSample === null ? null : up * metricsOfHost * (DAY / 60) * bytesPerSample
  const daysLeft = free === null || bytesPerDay === null || bytesPerDay <= 0 ? null : free / bytesPerDay
  return { bytesPerSample, bytesPerDay, free, daysLeft }
}

/** How much room there is, and for how long. */
export function roomView({ free, bytesPerDay, daysLeft }: Omit<StorageModel, 'bytesPerSample'>): Html {
  const left =
    daysLeft === null
      ? ''
      : daysLeft > 3650
        ? 'That is enough for more than ten years.'
        : `At this rate the disk is full in about ${formatNumber(Math.round(daysLeft))} days, unless older samples are dropped first.`
  return (
    <p>
      {free === null
        ? 'The free space of the disk is not known here.'
        : `The disk has ${formatValue(free, 'B')} left.`}{' '}
      {bytesPerDay === null
        ? 'Daily growth is shown once there are more samples.'
        : bytesPerDay === 0
          ? 'No host is up, so nothing is added now.'
          : `At one sample a minute the hosts that are up add about ${formatValue(bytesPerDay, 'B')} a day.`}{' '}
      {left}
    </p>
  )
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
