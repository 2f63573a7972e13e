import { compilePattern } from '../pattern.ts'
import { listImpossible, suggestNearest } from '../thresholds/unmatched.ts'

/** What is known of the hosts that a pattern may be about. */
export type KnownThings = {
  /** Names of all hosts. */
  readonly hosts: readonly string[]
  /** Metrics of any host whose names hold all these words; at most `limit`. */
  findMetrics(words: readonly string[], limit: number): Promise<readonly string[]>
}

/**
 * What a pattern of hosts that matches none says; null where one matches, and while there are no hosts yet. Without a full
 * stop, as a shell prints it.
 */
export function describeUnmatchedHosts(pattern: string, hosts: readonly string[]): string | null {
  if (hosts.length === 0 || hosts.some(compilePattern(pattern))) return null
  const all = hosts.length === 1 ? 'the only host' : `any of the ${hosts.length} hosts`
  return `"${pattern}" does not match ${all}`
}

/** Metrics that are looked through for one of another program. */
const MOST_METRICS = 1000

/** The same of a pattern of metrics that no agent can send and no host has. */
async function describeUnmatchedMetrics(
  pattern: string,
  findMetrics: KnownThings['findMetrics'],
): Promise<string | null> {
  // An escaped wildcard is an ordinary character, which no declared name has.
  if (pattern.includes('\\')) return null
  const [impossible] = listImpossible([{ metric: pattern.replaceAll('%', '*').replaceAll('_', '?') }])
  if (impossible === undefined) return null
  const words = pattern.split(/[%*_?]+/).filter((word) => word !== '')
  if ((await findMetrics(words, MOST_METRICS)).some(compilePattern(pattern))) return null
  return `"${pattern}" does not match any metric${suggestNearest(impossible)}`
}

/** Why a rule that may be kept will send nothing as things are. */
export async function listRuleDoubts(
  rule: { readonly host: string; readonly metric: string },
  { hosts, findMetrics }: KnownThings,
): Promise<readonly string[]> {
  const found = [
    describeUnmatchedHosts(rule.host, hosts),
    await describeUnmatchedMetrics(rule.metric, findMetrics),
  ]
  return found.filter((words) => words !== null)
}
