import { describeAudit, describeAuditDetail } from '../../domain/audit/describe-audit.ts'
import { readPaging } from '../http/query-parameters.ts'
import { notFound, route } from '../http/route.ts'

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
    return Response.json({ ...describeAudit(audit), ...describeAuditDetail(gaps, rejections) })
  },
)
