import type { CheckSettings } from '../../domain/check.ts'
import type { Clock } from '../../lib/clock.ts'
import { isIP } from '../../lib/node-modules.ts'
import { type EchoSocket, openEchoSocket } from '../../platform/sockets/icmp.ts'
import type { CheckContext } from './context.ts'
import { type CheckOutcome, outcome } from './outcome.ts'
import { resolveHost } from './stream.ts'

/** A datagram may be lost: the host is asked so often within the time of the check. */
const TRIES = 3

/** The socket is read at once and then at growing intervals; the kernel records when the answers came. */
const FIRST_LOOK_MS = 1
const LAST_LOOK_MS = 50

/** Sends echo requests until one is answered. Linux lets ordinary users do so, where it is set up to. */
export async function checkPing(
  settings: CheckSettings,
  { clock, signal }: CheckContext,
): Promise<CheckOutcome> {
  const { target, ipVersion, timeout } = settings
  if (process.platform !== 'linux') throw new Error('ping works on Linux only')
  const host = target ?? ''
  const isAddress = isIP(host.replace(/%.*$/, '')) !== 0
  const [address = host] = isAddress ? [host] : await resolveHost(host, ipVersion, signal)
  const socket = openEchoSocket(address)
  try {
    const milliseconds = await awaitAnswer(socket, (timeout * 1000) / TRIES, clock, signal)
    return outcome({ milliseconds })
  } finally {
    socket.close()
  }
}

async function awaitAnswer(
  socket: EchoSocket,
  tryMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  for (let number = 1; ; number++) {
    const sentMs = clock.monotonicMs()
    socket.send(number)
    let lookMs = FIRST_LOOK_MS
    while (clock.monotonicMs() - sentMs < tryMs) {
      await new Promise<void>((resolve) => clock.after(lookMs, resolve))
      signal.throwIfAborted()
      const answer = socket.receive()
      if (answer !== null) return answer.milliseconds
      lookMs = Math.min(LAST_LOOK_MS, lookMs * 1.5)
    }
  }
}
