import { reportCertificate } from '../../domain/certificate-end.ts'
import type { Task } from '../task.ts'

/**
 * Warns of certificates of this server that end soon, as events of the host that it runs on; of no host that
 * is known when no agent watches that one. What was begun one way ends that way.
 */
export const watchCertificates: Task = {
  name: 'watch certificates',
  every: 3600,
  async run({ store: { events, watch }, clock, serverName, listCertificates }) {
    const now = clock.now()
    for (const certificate of listCertificates()) {
      const report = reportCertificate(certificate, now)
      const seen = await watch.listSeen(report.metric)
      const isHostless = seen.some(({ host }) => host === '')
      if (!isHostless && (await events.report(serverName, [report]))) continue
      await watch.report([{ host: null, members: [serverName], report }], now)
    }
    return false
  },
}
