import { reportCertificate } from '../../domain/events/certificate-end.ts'
import { reportOnServer } from '../server-events.ts'
import type { Task } from '../task.ts'

/** Warns of certificates of this server that end soon. */
export const watchCertificates: Task = {
  name: 'watch certificates',
  every: 3600,
  async run(context) {
    const now = context.clock.now()
    for (const certificate of context.listCertificates()) {
      const report = reportCertificate(certificate, now)
      await reportOnServer(context, report, await context.store.watch.listSeen(report.metric), now)
    }
    return false
  },
}
