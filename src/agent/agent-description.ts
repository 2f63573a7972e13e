import { type HostFacts, isHostName, MAX_FINGERPRINTS } from '../domain/hosts/host.ts'
import { reportThresholds } from '../domain/thresholds/reported-threshold.ts'
import type { Threshold } from '../domain/thresholds/threshold.ts'
import { standardThresholds } from '../domain/thresholds/threshold-standard.ts'
import { FULL_VERSION } from '../lib/version.ts'
import type { AgentOptions } from './agent-options.ts'

type Said = Pick<AgentOptions, 'groups' | 'thresholds' | 'hasDefaultThresholds' | 'checks'> &
  Partial<Pick<AgentOptions, 'servers'>>

/**
 * Made for the machine as it is at the start: the reported thresholds are the evaluated ones, even when
 * processors are added or removed later.
 */
export const listStandard = ({ hasDefaultThresholds, checks = [] }: Said, facts: HostFacts) =>
  hasDefaultThresholds ? standardThresholds({ ...facts, checks }) : []

/** Adds the agent's own facts to those of its machine. */
export function describeWith(
  { groups = [], thresholds: configured, servers = [] }: Said,
  standard: readonly Threshold[],
) {
  const thresholds = reportThresholds(configured, standard)
  const trusted = new Set(servers.flatMap(({ tls }) => tls?.fingerprints ?? []))
  const program = { version: FULL_VERSION, fingerprints: [...trusted].slice(0, MAX_FINGERPRINTS) }
  return (facts: HostFacts): HostFacts => ({
    ...facts,
    ...(groups.length > 0 && { groups }),
    program,
    thresholds,
  })
}

/** Throws when it is none. */
export function checkName(name: string): string {
  if (!isHostName(name)) throw new Error(`"${name}" is not a host name: set agent.name`)
  return name
}
