import { isComplete } from '../../../domain/audit/complete.ts'
import { describeAudit, describeAuditDetail } from '../../../domain/audit/describe-audit.ts'
import type { HostAudit } from '../../../domain/audit/host-audit.ts'
import { isLossReason, UNEXPLAINED } from '../../../domain/audit/loss.ts'
import { describeReason } from '../../../domain/events/data-gap.ts'
import { systemClock } from '../../../lib/clock.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import type { Command } from '../../../roles/command.ts'
import type { DataAuditStore, Gap, MinuteRejections } from '../../../storage/ports/store.ts'
import { formatTable, formatTime } from '../../table.ts'
import { withStore } from '../../with-store.ts'

/** Holes and rejections of a host that are listed. */
const LISTED = 50

export const auditCommand: Command = {
  name: 'db audit',
  doc: 'Reports how complete the stored samples are and why any are missing; exit code 1 if a gap has no known reason',
  arguments: [
    { name: 'host', doc: 'Show the gaps of this host; default: summary of all hosts', optional: true },
  ],
  options: { json: { kind: 'flag', doc: 'As JSON' } },
  run: (input) =>
    withStore(input, async ({ dataAudit }) => {
      await dataAudit.settle(systemClock.now())
      const host = input.text('host')?.toLowerCase()
      const audits = await dataAudit.audit(host)
      if (host !== undefined && audits.length === 0) throw new CommandError(`there is no host ${host}`)
      const detail = host === undefined ? null : await readDetail(dataAudit, host)
      const strangers = await dataAudit.listRejections(null, LISTED)
      if (input.flag('json'))
        input.print(
          JSON.stringify({
            total: audits.length,
            hosts: audits.map(describeAudit),
            ...(detail && describeAuditDetail(detail.gaps, detail.rejections)),
            unknown_senders: describeAuditDetail([], strangers).rejections,
          }),
        )
      else input.print(describe(audits, detail, strangers))
      return audits.every(isComplete) ? EXIT.ok : EXIT.failed
    }),
}

type Detail = { readonly gaps: readonly Gap[]; readonly rejections: readonly MinuteRejections[] }

const readDetail = async (store: DataAuditStore, host: string): Promise<Detail> => ({
  gaps: await store.listGaps(host, LISTED),
  rejections: await store.listRejections(host, LISTED),
})

function describe(
  audits: readonly HostAudit[],
  detail: Detail | null,
  strangers: readonly MinuteRejections[],
): string {
  const parts = [
    formatTable(
      ['HOST', 'EXPECTED', 'PRESENT', 'WAITING', 'MISSING', 'DOUBLED', 'WHY'],
      audits.map(describeHost),
    ),
  ]
  const days = audits.flatMap(({ host, samples }) =>
    samples.differences.map(({ day, acknowledged, counted, isDamaged }) => [
      host,
      formatTime(day * 86_400).slice(0, 10),
      count(acknowledged),
      count(counted),
      isDamaged ? 'damaged on disk' : '',
    ]),
  )
  if (days.length > 0)
    parts.push(formatTable(['HOST', 'DAY', 'SAMPLES ACKNOWLEDGED', 'SAMPLES THERE', 'WHY'], days))
  if (detail !== null && detail.gaps.length > 0)
    parts.push(
      formatTable(
        ['NOTED', 'FROM', 'TO', 'MISSING', 'WHY'],
        detail.gaps.map(({ noted, from, to, amount, reason }) => [
          formatTime(noted),
          from === 0 ? '' : formatTime(from),
          to === 0 ? '' : formatTime(to),
          count(amount),
          describeReason(reason),
        ]),
      ),
    )
  if (detail !== null && detail.rejections.length > 0)
    parts.push(describeRejections('refused', detail.rejections))
  if (strangers.length > 0) parts.push(describeRejections('refused to unknown senders', strangers))
  const holes = audits.filter((audit) => !isComplete(audit)).map(({ host }) => host)
  parts.push(
    holes.length === 0
      ? 'Nothing is missing without a reason.'
      : `Missing without a reason: ${holes.join(', ')}.`,
  )
  return parts.join('\n\n')
}

function describeHost({ host, isNumbered, expected, present, pending, missing, samples }: HostAudit) {
  if (!isNumbered) return [host, '', '', '', '', '', 'the agent does not number what it sends']
  const sum = Object.values(missing).reduce((total, amount) => total + amount, 0)
  const reasons = Object.entries(missing).map(([reason, amount]) => `${count(amount)} ${wordsOf(reason)}`)
  return [
    host,
    count(expected),
    count(present),
    count(pending),
    count(sum),
    count(samples.doubled),
    reasons.join('; '),
  ]
}

const wordsOf = (reason: string) =>
  describeReason(reason === UNEXPLAINED || !isLossReason(reason) ? null : reason)

function describeRejections(title: string, rejections: readonly MinuteRejections[]): string {
  return formatTable(
    ['MINUTE', title.toUpperCase(), 'REASON'],
    rejections.map(({ minute, reason, amount }) => [formatTime(minute), count(amount), reason]),
  )
}

const count = (amount: number) => amount.toLocaleString('en')
