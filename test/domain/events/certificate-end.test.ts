import { describe, expect, test } from 'bun:test'
import { reportCertificate } from '../../../src/domain/events/certificate-end.ts'

const DAY = 86_400
const NOW = Date.UTC(2026, 0, 1) / 1000

describe('a certificate', () => {
  test.each<[string, number, string, number]>([
    ['that is good for long is no event', 31 * DAY, 'closed', 3],
    ['is a warning 30 days before its end', 30 * DAY, 'open', 3],
    ['is still that a week and a second before it', 7 * DAY + 1, 'open', 3],
    ['is a major event in the last week', 7 * DAY, 'open', 2],
    ['is critical when it has ended', 0, 'open', 1],
    ['stays so', -400 * DAY, 'open', 1],
  ])('%s', (_, left, status, severity) =>
    expect(reportCertificate({ name: 'collect', ends: NOW + left }, NOW)).toMatchObject({
      metric: 'perf.certificate.collect.state',
      time: NOW,
      status: status as 'open',
      severity: severity as 3,
    }),
  )
  test('is reported with its day, in the same words each time', () => {
    const messages = [0, 3600].map(
      (later) => reportCertificate({ name: 'web', ends: NOW + DAY }, NOW + later).message,
    )
    expect(messages).toEqual(Array(2).fill('The certificate of the website ends on 2026-01-02'))
  })
})
