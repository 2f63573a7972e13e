/** @jsxImportSource #markup */
import { isComplete } from '../../../domain/audit/complete.ts'
import type { HostAudit } from '../../../domain/audit/host-audit.ts'
import { isLossReason } from '../../../domain/audit/loss.ts'
import { describeReason } from '../../../domain/events/data-gap.ts'
import type { Gap, MinuteRejections, Store, WaitingSamples } from '../../../storage/ports/store.ts'
import { agoLabel, stampLabel } from '../../ui/components.tsx'
import { formatNumber } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'

/** Holes and minutes with rejections that the page lists. */
const LISTED = 10

export type HostData = {
  readonly audit: HostAudit | null
  readonly gaps: readonly Gap[]
  readonly rejections: readonly MinuteRejections[]
  readonly waiting: WaitingSamples | null
}

export async function readHostData({ dataAudit }: Pick<Store, 'dataAudit'>, host: string): Promise<HostData> {
  const [[audit = null], gaps, rejections, waiting] = await Promise.all([
    dataAudit.audit(host),
    dataAudit.listGaps(host, LISTED),
    dataAudit.listRejections(host, LISTED),
    dataAudit.findWaiting(host),
  ])
  return { audit, gaps, rejections, waiting }
}

/** How complete it is what the host sent, and why something is missing. */
export function dataSection({ audit, gaps, rejections, waiting }: HostData, now: number): Html {
  const summary = audit === null ? [] : [summarize(audit)]
  if (waiting !== null) summary.push(`${formatNumber(waiting.samples)} samples wait for their time`)
  return (
    <details class="section panel" id="data">
      <summary>
        <h2>Data</h2> <span class="soft">{summary.join(', ')}</span>
      </summary>
      {audit === null || !audit.isNumbered ? (
        <p class="soft">
          This agent does not number its packets, so completeness cannot be verified. Agents of the original
          product never do.
        </p>
      ) : (
        describeNumbers(audit)
      )}
      {waiting !== null && describeWaiting(waiting)}
      {audit !== null && audit.samples.differences.length > 0 && differencesTable(audit)}
      {gaps.length > 0 && gapsTable(gaps, now)}
      {rejections.length > 0 && rejectionsTable(rejections)}
    </details>
  )
}

function describeWaiting({ samples, from, to }: WaitingSamples): Html {
  return (
    <p>
      {formatNumber(samples)} samples wait: their times, {stampLabel(from)} to {stampLabel(to)}, lie ahead of
      this server's clock. They appear in graphs once that has come to their time, or when it was the wrong
      one and is put right.
    </p>
  )
}

function summarize(audit: HostAudit): string {
  if (!audit.isNumbered) return 'not numbered'
  if (!isComplete(audit)) return 'something is missing without a reason'
  const missing = sumOf(audit.missing)
  return missing === 0 ? 'complete' : `${formatNumber(missing)} missing, all with a reason`
}

const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, amount) => sum + amount, 0)

const COUNT_COLUMNS: readonly ListColumn[] = [
  { name: 'Frames and events', namesRow: true },
  { name: 'Number', className: 'number' },
]

function describeNumbers(audit: HostAudit): Html {
  const { since, expected, present, pending, missing, repeated, samples } = audit
  const row = (key: string, what: string, amount: number) => ({
    key: `data-${key}`,
    cells: [what, formatNumber(amount)],
  })
  const rows = [
    row('expected', 'Expected', expected),
    row('present', 'Present', present),
    row('waiting', 'Still with the agent', pending),
    ...Object.entries(missing).map(([reason, amount]) =>
      row(`missing-${reason}`, `Missing: ${wordsOf(reason)}`, amount),
    ),
    row('repeated', 'Sent again after a lost answer, stored once', repeated),
  ]
  return (
    <>
      <p class="soft">
        The agent numbers all that it measures. Counted{since !== null && <> since {stampLabel(since)}</>},
        brought up to date every five minutes, or every half hour where there are many hosts.
        {samples.days > 0 && (
          <>
            {' '}
            Counted again after compaction: {formatNumber(samples.counted)} of{' '}
            {formatNumber(samples.acknowledged)} samples of {formatNumber(samples.days)} days are there.
          </>
        )}
      </p>
      {listTable(COUNT_COLUMNS, rows)}
    </>
  )
}

const wordsOf = (reason: string) => describeReason(isLossReason(reason) ? reason : null)

const GAP_COLUMNS: readonly ListColumn[] = [
  { name: 'Why', namesRow: true },
  { name: 'Missing', className: 'number' },
  { name: 'From' },
  { name: 'To' },
  { name: 'Noted', className: 'soft' },
]

function gapsTable(gaps: readonly Gap[], now: number): Html {
  return (
    <>
      <h3>Newest holes</h3>
      {listTable(
        GAP_COLUMNS,
        gaps.map(({ reason, amount, from, to, noted }, i) => ({
          key: `gap-${i}`,
          cells: [
            describeReason(reason),
            formatNumber(amount),
            from === 0 ? 'not known' : stampLabel(from),
            to === 0 ? 'not known' : stampLabel(to),
            agoLabel(noted, now),
          ],
        })),
      )}
    </>
  )
}

const DIFFERENCE_COLUMNS: readonly ListColumn[] = [
  { name: 'Day (UTC)', namesRow: true },
  { name: 'Samples acknowledged', className: 'number' },
  { name: 'Samples there', className: 'number' },
  { name: 'Why' },
]

function differencesTable({ samples: { differences } }: HostAudit): Html {
  return listTable(
    DIFFERENCE_COLUMNS,
    differences.slice(0, LISTED).map(({ day, acknowledged, counted, isDamaged }) => ({
      key: `day-${day}`,
      cells: [
        new Date(day * 86_400_000).toISOString().slice(0, 10),
        formatNumber(acknowledged),
        formatNumber(counted),
        isDamaged ? 'damaged on disk' : 'not known',
      ],
    })),
  )
}

const REJECTION_COLUMNS: readonly ListColumn[] = [
  { name: 'Refused', namesRow: true },
  { name: 'Number', className: 'number' },
  { name: 'Minute' },
]

/** Texts for reasons whose name alone would be misleading. */
const REJECTION_WORDS: Readonly<Record<string, string>> = { future: 'future: waits until its time has come' }

function rejectionsTable(rejections: readonly MinuteRejections[]): Html {
  return (
    <>
      <h3>Refused by the server</h3>
      {listTable(
        REJECTION_COLUMNS,
        rejections.map(({ minute, reason, amount }) => ({
          key: `rejection-${minute}-${reason}`,
          cells: [REJECTION_WORDS[reason] ?? reason, formatNumber(amount), stampLabel(minute)],
        })),
      )}
    </>
  )
}
