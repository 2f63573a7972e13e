import { isComplete } from '../../domain/audit/complete.ts'
import { UNEXPLAINED } from '../../domain/audit/loss.ts'
import { readPaging } from '../http/query-parameters.ts'
import { notFound, route } from '../http/route.ts'

const DAY = 86_400
const LISTED = 100

export const apiHostAudit = route(
  {
    path: '/api/v1/hosts/:name/audit',
    access: 'viewer',
    scope: 'host',
    doc: 'What there is of all that its agent measured, and why the rest is missing; what was refused, by minute: limit.',
  },
  async ({ url, params, web }) => {
    const name = params.name ?? ''
    const { dataAudit } = web.store
    const [audit] = await dataAudit.audit(name)
    if (!audit) throw notFound('host')
    const { limit = LISTED } = readPaging(url)
    const [gaps, rejections] = await Promise.all([
      dataAudit.listGaps(name, limit),
      dataAudit.listRejections(name, limit),
    ])
    return Response.json({
      host: name,
      numbered: audit.isNumbered,
      complete: audit.isNumbered ? isComplete(audit) : null,
      since: audit.since,
      last_time: audit.lastTime,
      expected: audit.expected,
      present: audit.present,
      waiting: audit.pending,
      missing: audit.missing,
      repeated: audit.repeated,
      samples: {
        days: audit.samples.days,
        acknowledged: audit.samples.acknowledged,
        there: audit.samples.counted,
        doubled: audit.samples.doubled,
        differences: audit.samples.differences.map(({ day, acknowledged, counted, isDamaged }) => ({
          day: new Date(day * DAY * 1000).toISOString().slice(0, 10),
          acknowledged,
          there: counted,
          damaged: isDamaged,
        })),
      },
      gaps: gaps.map(({ reason, ...gap }) => ({ reason: reason ?? UNEXPLAINED, ...gap })),
      refused: audit.refused,
      rejections: rejections.map(({ minute, reason, amount }) => ({ minute, reason, amount })),
    })
  },
)
