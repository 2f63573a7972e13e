import type { CheckKind, CheckSettings } from '../../domain/check.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import { type BackgroundJob, type BackgroundResult, toReason } from '../background-result.ts'
import { roundTo } from '../probes/arithmetic.ts'
import type { ProbeSample } from '../probes/probe.ts'
import { readBoundedFile } from '../text-files/bounded-file.ts'
import type { CheckContext } from './context.ts'
import { checkDns } from './dns.ts'
import { checkHttp } from './http.ts'
import { type CheckOutcome, outcome } from './outcome.ts'
import { checkPing } from './ping.ts'
import { checkTcp, checkTls } from './port.ts'
import { checkScript, EXIT_UNKNOWN } from './script.ts'

type RunCheck = (settings: CheckSettings, context: CheckContext) => Promise<CheckOutcome>

export type CheckOptions = {
  readonly settings: CheckSettings
  /**
   * The file that holds the settings, for which scripts are refused when others may write to it; null when
   * there is none.
   */
  readonly configFile: string | null
  readonly clock: Clock
}

/** A check of the configuration as work that runs in the background. */
export function createCheck({ settings, configFile, clock }: CheckOptions): BackgroundJob {
  const runs: Readonly<Record<CheckKind, RunCheck>> = {
    http: checkHttp,
    tcp: checkTcp,
    tls: checkTls,
    dns: checkDns,
    ping: checkPing,
    script: (given, context) => checkScript(given, context, configFile),
  }
  const give = (found: CheckOutcome) => toResult(settings, found, clock.now())
  return {
    name: settings.name,
    intervalMs: settings.interval * 1000,
    timeoutMs: settings.timeout * 1000,
    takesTurns: true,
    async run(signal) {
      const authorities = await readAuthorities(settings.caFile)
      return give(await runs[settings.kind](settings, { clock, signal, authorities }))
    },
    fail: (failure) => give(outcome({ failure, ...(settings.kind === 'script' && { exit: EXIT_UNKNOWN }) })),
  }
}

/** Read at each run: a new CA counts without a restart. Rejects with a sentence that names the file. */
export async function readAuthorities(file: string | null): Promise<string | null> {
  if (file === null) return null
  const { text } = await readBoundedFile(file).catch((error: unknown) => {
    throw new Error(`${file} can not be read: ${describeError(error)}`)
  })
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${file} holds no certificate in PEM`)
  return text
}

const DAY = 86_400

function toResult({ name }: CheckSettings, found: CheckOutcome, now: number): BackgroundResult {
  const metric = (end: string) => `perf.check.${name}.${end}`
  const samples: ProbeSample[] = [{ metric: metric('state'), value: found.failure === null ? 1 : 0 }]
  const reasons = new Map<string, string>()
  const { milliseconds, certificateEnds, exit } = found
  if (milliseconds !== null) samples.push({ metric: metric('milliseconds'), value: roundTo(milliseconds, 1) })
  if (certificateEnds !== null && Number.isFinite(certificateEnds)) {
    samples.push({ metric: metric('certificate.days'), value: roundTo((certificateEnds - now) / DAY, 1) })
    const day = new Date(certificateEnds * 1000).toISOString().slice(0, 10)
    reasons.set(
      metric('certificate.days'),
      `the certificate ${certificateEnds < now ? 'ended' : 'ends'} on ${day}`,
    )
  }
  if (exit !== null) samples.push({ metric: metric('exit'), value: exit })
  for (const { metric: label, value } of found.values)
    samples.push({ metric: metric(`value.${label}`), value })
  if (found.omitted > 0) samples.push({ metric: metric('omitted'), value: found.omitted })
  const failure = found.failure === null ? null : toReason(found.failure)
  if (failure !== null) for (const end of ['state', 'exit']) reasons.set(metric(end), failure)
  const notes = found.omitted > 0 ? ['values of a script are left out because there are too many'] : []
  return { samples, reasons, failure, notes }
}
