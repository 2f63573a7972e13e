import type { HostFacts } from './host.ts'

/** The state of the server that its agents are compared with. */
export type ServerProgram = {
  readonly version: string
  /** Fingerprint of the certificate that agents should know: the next one where it was made, else that of now. */
  readonly fingerprint: string | null
}

export const LAGS = ['version', 'passphrase', 'certificate'] as const
/** What still has to be done on an agent before the old passphrase, certificate or version can be retired. */
export type Lag = (typeof LAGS)[number]

export const LAG_WORDS: Readonly<Record<Lag, string>> = {
  version: 'another version',
  passphrase: 'previous passphrase',
  certificate: 'old certificate',
}

/**
 * How an agent differs from what its server is now: another version, let in by the previous passphrase, or pinned to
 * certificates without the one that it should know. An agent that pins none has a CA to vouch for the server.
 */
export function findLags(
  { program, agent }: Pick<HostFacts, 'program' | 'agent'>,
  server: ServerProgram,
): Lag[] {
  if (program === undefined) return []
  const { version, admission, fingerprints } = program
  const lags: Lag[] = []
  // Agents of the original product have no version of ours.
  if (agent === undefined && version !== server.version) lags.push('version')
  if (admission === 'previous') lags.push('passphrase')
  if (server.fingerprint !== null && fingerprints.length > 0 && !fingerprints.includes(server.fingerprint))
    lags.push('certificate')
  return lags
}
