import { reportCertificate } from '../../domain/certificate-end.ts'
import type { Task } from '../task.ts'

/** Warns of certificates of this server that end soon, as events of the host that it runs on. */
export const watchCertificates: Task = {
  name: 'watch certificates',
  every: 3600,
  async run({ store, clock, log, serverName, listCertificates }) {
    const now = clock.now()
    for (const certificate of listCertificates()) {
      const report = reportCertificate(certificate, now)
      const isTold = await store.events.report(serverName, [report])
      // Without an agent on this machine there is no host to have the event.
      if (!isTold && report.status === 'open') log.warn(report.message, { severity: report.severity })
    }
    return false
  },
}
