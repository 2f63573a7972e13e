import { lookup } from 'node:dns/promises'
import type { Clock } from '../../lib/clock.ts'
import { openTcpSocket, type TcpSocket } from '../../platform/sockets/tcp-socket.ts'

/** Of one address; a neighbour that is not there is given up by the kernel after three seconds. */
const ADDRESS_MS = 4000
const FIRST_LOOK_MS = 1
const LAST_LOOK_MS = 50

export type TcpAttempt = {
  readonly host: string
  readonly port: number
  /** Bytes of a packet beside its headers; null leaves it to the system. */
  readonly maxPayload: number | null
  readonly clock: Clock
}

/** The outcome for one address: `connected`, the name of an error of the system, or `ETIMEDOUT`. */
type Finding = { readonly address: string; readonly outcome: string }

/**
 * Connects to the first address of a server that accepts, one after the other, and resolves with the
 * descriptor, which the caller owns. Rejects with a sentence that explains why there is none.
 */
export async function openTcp(attempt: TcpAttempt): Promise<number> {
  const findings: Finding[] = []
  for (const address of await listAddresses(attempt.host)) {
    const socket = openTcpSocket(address, attempt.port, attempt.maxPayload)
    const outcome = await waitFor(socket, attempt.clock)
    if (outcome === 'connected') return socket.fd
    socket.close()
    findings.push({ address, outcome })
  }
  throw new Error(describeFindings(findings))
}

/** Bun calls everything a refusal; this asks the system what it was. Never rejects. */
export async function explainRefusal(attempt: Omit<TcpAttempt, 'maxPayload'>): Promise<string> {
  const findings: Finding[] = []
  try {
    for (const address of await listAddresses(attempt.host)) {
      const socket = openTcpSocket(address, attempt.port, null)
      const outcome = await waitFor(socket, attempt.clock)
      socket.close()
      findings.push({ address, outcome: outcome === 'connected' ? 'ECONNREFUSED' : outcome })
    }
  } catch {
    // The outcomes until then are reported.
  }
  return findings.length === 0
    ? 'no connection: refused, or no route to the server'
    : describeFindings(findings)
}

async function listAddresses(host: string): Promise<readonly string[]> {
  // The resolver does not know the interface behind `%`.
  if (host.includes('%')) return [host]
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}

async function waitFor(socket: TcpSocket, clock: Clock): Promise<string> {
  const endMs = clock.monotonicMs() + ADDRESS_MS
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LAST_LOOK_MS, pauseMs * 2)) {
    const outcome = socket.check()
    if (outcome !== null) return outcome
    if (clock.monotonicMs() >= endMs) return 'ETIMEDOUT'
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve))
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens on that port, or a firewall refuses it',
  ENETUNREACH: 'no route to the network of the server',
  EHOSTUNREACH: 'no route to the server: nothing answers at its address',
  EADDRNOTAVAIL: 'this machine has no address of that kind',
  EAFNOSUPPORT: 'this machine does not know that version of IP',
  EACCES: 'the firewall of this machine forbids it',
  EINVAL: 'the address is not valid here (a link-local address needs a scope)',
  ETIMEDOUT: 'no answer from the server',
}

const describeOutcome = (outcome: string) => OUTCOMES[outcome] ?? outcome

/** One sentence where all addresses came to the same end. */
function describeFindings(findings: readonly Finding[]): string {
  const outcomes = new Set(findings.map(({ outcome }) => outcome))
  const [only] = outcomes
  if (only === undefined) return 'the name of the server has no address'
  if (outcomes.size === 1) return describeOutcome(only)
  return findings.map(({ address, outcome }) => `${address}: ${describeOutcome(outcome)}`).join('; ')
}
