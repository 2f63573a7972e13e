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
  if (text === null) return {}
  return { program: { version: '', fingerprints: [], ...(JSON.parse(text) as Partial<AgentProgram>) } }
}

/** As hosts have them; absent where there are none. */
export function parseSpellings(text: string | null): Pick<Host, 'spellings'> {
  return text === null ? {} : { spellings: JSON.parse(text) as Record<string, string> }
}

/** Values of the columns of facts, in the order in which the statements of `host-cache.ts` name them. */
export function factValues(
  name: string,
  facts: StoredFacts,
  writeProgram: (program: AgentProgram) => string,
) {
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
    facts.program === undefined ? null : writeProgram(facts.program),
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

/**
 * Facts are told apart by digests of 53 bits, because the facts themselves would be most of what is remembered of a
 * host: a list of mount points alone has a kilobyte.
 */
export function digestFacts(facts: StoredFacts): number {
  const { ip, platform, build, architecture, domain, processors, memoryMb, agent, groups = [] } = facts
  const { program, mounts } = facts
  const text = [ip, platform, build, architecture, domain, agent ?? ''].join('\0')
  const rest = program === undefined && mounts === undefined ? '' : JSON.stringify([program, mounts])
  return digest(`${text}\0${processors}\0${memoryMb}\0${digestGroups(groups)}\0${rest}`)
}

/** The order of the groups, and one that is named twice, makes no difference. */
export const digestGroups = (groups: readonly string[]): number =>
  groups.length === 0 ? 0 : digest(mergeGroups(groups).join())

const digest = (text: string) => Number(BigInt.asUintN(53, BigInt(Bun.hash(text))))

/** The databases know upper and lower case of ASCII at most, so both sides of a search are compacted here. */
export function foldCase(text: string): string {
  return text.toLowerCase()
}

/** Each number with leading zeros, so that 10.0.0.9 comes before 10.0.0.10. */
function orderIp(ip: string): string {
  return /^[\d.]+$/.test(ip) ? ip.replace(/\d+/g, (digits) => digits.padStart(3, '0')) : ip.toLowerCase()
}
