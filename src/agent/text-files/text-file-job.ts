import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import { type BackgroundJob, type BackgroundResult, limitRun, toReason } from '../background-result.ts'
import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'
import { readBoundedFile } from './bounded-file.ts'
import { readExposition } from './exposition.ts'

const MAX_FILES = 100
const MAX_VALUES = 500
const TIMEOUT_MS = 10_000
const FOLDER = 'perf.textfiles.state'

export type TextFileOptions = {
  readonly folder: string
  readonly intervalMs: number
  readonly clock: Clock
}

/** Reads the files `*.prom` of a folder, in the background: it may be on a filesystem that hangs. */
export function createTextFileJob({ folder, intervalMs, clock }: TextFileOptions): BackgroundJob {
  return {
    name: 'text files',
    intervalMs,
    timeoutMs: limitRun(intervalMs, TIMEOUT_MS),
    run: () => readFolder(folder, clock),
    fail: (failure) => ({
      samples: [{ metric: FOLDER, value: 0 }],
      reasons: new Map([[FOLDER, failure]]),
      failure,
    }),
  }
}

async function readFolder(folder: string, clock: Clock): Promise<BackgroundResult> {
  const all = (await readdir(folder)).filter((name) => /^[^.].*\.prom$/.test(name)).sort()
  const files = all.slice(0, MAX_FILES)
  const samples: ProbeSample[] = [{ metric: FOLDER, value: 1 }]
  const reasons = new Map<string, string>()
  const values = new Map<string, number>()
  const failures: string[] = []
  const notes: string[] = []
  const describe = (name: string, end: string) =>
    `perf.textfile.${toMetricPart(name.replace(/\.prom$/, ''))}.${end}`
  let omitted = all.length - files.length
  for (const name of files) {
    const state = describe(name, 'state')
    try {
      const { text, writtenMs } = await readBoundedFile(join(folder, name))
      // A number that is cut off is still a number, but another one.
      if (text !== '' && !text.endsWith('\n'))
        throw new Error('its last line does not end: it is cut off, or still being written')
      const { samples: found, renamed } = readExposition(text)
      for (const { now } of renamed) notes.push(`${name}: two values have one name, the second is ${now}`)
      const double = found.find(({ metric }) => values.has(metric))
      if (double !== undefined) throw new Error(`${double.metric} is in another file too`)
      const taken = found.slice(0, MAX_VALUES - values.size)
      omitted += found.length - taken.length
      for (const { metric, value } of taken) values.set(metric, value)
      const age = Math.max(0, Math.round((clock.nowMs() - writtenMs) / 1000))
      samples.push({ metric: state, value: 1 }, { metric: describe(name, 'age.seconds'), value: age })
    } catch (error) {
      const reason = toReason(describeError(error))
      samples.push({ metric: state, value: 0 })
      reasons.set(state, reason)
      failures.push(`${name}: ${reason}`)
    }
  }
  samples.push({ metric: 'perf.textfiles.omitted', value: omitted })
  for (const [metric, value] of values) samples.push({ metric, value })
  if (omitted > 0) notes.push('text files or values of them are left out because there are too many')
  return { samples, reasons, notes, failure: failures.length === 0 ? null : toReason(failures.join('; ')) }
}
