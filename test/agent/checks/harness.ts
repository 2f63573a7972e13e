import type { BackgroundResult } from '../../../src/agent/background-result.ts'
import { startBackgroundRunner } from '../../../src/agent/background-runner.ts'
import { createCheck } from '../../../src/agent/checks/service-check.ts'
import type { CheckSettings } from '../../../src/domain/check.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'

export const quiet = createLog({ level: 'error', format: 'text', write: () => {} })

export const aCheck = (more: Partial<CheckSettings>): CheckSettings => ({
  name: 'shop',
  kind: 'http',
  target: null,
  interval: 60,
  timeout: 3,
  expectStatus: '200-299',
  expectText: null,
  followRedirects: true,
  ipVersion: 'any',
  caFile: null,
  record: 'A',
  server: null,
  command: [],
  ...more,
})

export type Seen = {
  /** By the end of the metric's name. */
  readonly values: Readonly<Record<string, number>>
  /** Why it is not good; null when it is. */
  readonly reason: string | null
  readonly result: Omit<BackgroundResult, 'failure'>
}

/** One run of a check, as the agent runs it, by the real clock. */
export async function runCheck(
  more: Partial<CheckSettings>,
  configFile: string | null = null,
): Promise<Seen> {
  const settings = aCheck(more)
  const job = createCheck({ settings, configFile, clock: systemClock })
  const runner = startBackgroundRunner({ jobs: [job], clock: systemClock, log: quiet })
  await runner.ready()
  const result = runner.read()
  await runner.stop()
  const prefix = `perf.check.${settings.name}.`
  const values = Object.fromEntries(
    result.samples.map(({ metric, value }) => [metric.slice(prefix.length), value]),
  )
  return { values, reason: result.reasons.get(`${prefix}state`) ?? null, result }
}
