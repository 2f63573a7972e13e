import { mergeGroups } from '../../domain/hosts/group.ts'
import type { AgentProgram, Host, HostFacts } from '../../domain/hosts/host.ts'

/** The facts that are stored in `host` itself. */
export type StoredFacts = Omit<HostFacts, 'thresholds'>

/** The length of the column. Zeros before each number may make a sort key longer than its address. */
const MAX_IP_ORDER = 64

/** As in `HostFacts`; absent where the agent reported none. */
export function parseMounts(text: string | null): Pick<HostFacts, 'mounts'> {
  return text === null ? {} : { mounts: JSON.parse(text) as Record<string, string> }
}

/** As facts have it; absent where nothing is known of it. */
export function parseProgram(text: string | null): Pick<HostFacts, 'program'> {
  return text === null ? {} : { program: JSON.parse(text) as AgentProgram }
}

/** As hosts have them; absent where there are none. */
export function parseSpellings(text: string | null): Pick<Host, 'spellings'> {
  return text === null ? {} : { spellings: JSON.parse(text) as Record<string, string> }
}

/** Values of the columns of facts, in the order in which the statements of `host-cache.ts` name them. */
export function factValues(name: string, facts: StoredFacts) {
  const { ip, platform, build, architecture, domain, processors, memoryMb } = facts
  const search = searchText(name, facts)
  return [
    ip,
    orderIp(ip).slice(0, MAX_IP_ORDER),
    platform,
    build,
    architecture,
    domain,
    processors,
    memoryMb,
    search,
    facts.mounts === undefined ? null : JSON.stringify(facts.mounts),
    facts.agent ?? null,
    facts.program === undefined ? null : JSON.stringify(facts.program),
  ]
}

/** The text that a search for hosts is applied to. */
export function searchText(
  name: string,
  {
    ip,
    domain,
    platform,
    build,
    agent = '',
  }: Pick<HostFacts, 'ip' | 'domain' | 'platform' | 'build' | 'agent'>,
): string {
  return [name, ip, domain, platform, build, agent].map(foldCase).join('\n')
}

export function sameFacts(a: StoredFacts, b: StoredFacts): boolean {
  return (
    a === b ||
    (a.ip === b.ip &&
      a.platform === b.platform &&
      a.build === b.build &&
      a.architecture === b.architecture &&
      a.domain === b.domain &&
      a.processors === b.processors &&
      a.memoryMb === b.memoryMb &&
      a.agent === b.agent &&
      sameGroups(a, b) &&
      JSON.stringify(a.program) === JSON.stringify(b.program) &&
      JSON.stringify(a.mounts) === JSON.stringify(b.mounts))
  )
}

export function sameGroups({ groups: a = [] }: StoredFacts, { groups: b = [] }: StoredFacts): boolean {
  return (a.length === 0 && b.length === 0) || mergeGroups(a).join() === mergeGroups(b).join()
}

/** The databases know upper and lower case of ASCII at most, so both sides of a search are compacted here. */
export function foldCase(text: string): string {
  return text.toLowerCase()
}

/** Each number with leading zeros, so that 10.0.0.9 comes before 10.0.0.10. */
function orderIp(ip: string): string {
  return /^[\d.]+$/.test(ip) ? ip.replace(/\d+/g, (digits) => digits.padStart(3, '0')) : ip.toLowerCase()
}
