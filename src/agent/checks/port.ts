import { type CheckSettings, type Endpoint, parseEndpoint, TLS_PORT } from '../../domain/check.ts'
import type { CheckContext } from './context.ts'
import { type CheckOutcome, outcome } from './outcome.ts'
import { openStream } from './stream.ts'

/** The first answer of a server is read up to this size. */
const MAX_BANNER = 8 * 1024

/** Connects to a port, and reads the server's first answer where a text is expected. */
export async function checkTcp(settings: CheckSettings, context: CheckContext): Promise<CheckOutcome> {
  const { expectText } = settings
  const beganMs = context.clock.monotonicMs()
  const stream = await open(settings, parseEndpoint(settings.target ?? '', null), context, false)
  try {
    const milliseconds = context.clock.monotonicMs() - beganMs
    if (expectText === null) return outcome({ milliseconds })
    const hasText = (received: Buffer) => received.includes(expectText)
    const isThere = hasText(await stream.read(MAX_BANNER, hasText))
    const failure = isThere ? null : `the server does not say ${JSON.stringify(expectText)}`
    return outcome({ milliseconds, failure })
  } finally {
    stream.close()
  }
}

/** Makes a TLS handshake and looks at the certificate. */
export async function checkTls(settings: CheckSettings, context: CheckContext): Promise<CheckOutcome> {
  const beganMs = context.clock.monotonicMs()
  const stream = await open(settings, parseEndpoint(settings.target ?? '', TLS_PORT), context, true)
  const { certificateEnds, distrust } = stream
  stream.close()
  return outcome({ failure: distrust, certificateEnds, milliseconds: context.clock.monotonicMs() - beganMs })
}

function open(
  { ipVersion, timeout, target }: CheckSettings,
  endpoint: Endpoint | null,
  { clock, signal, authorities }: CheckContext,
  usesTls: boolean,
) {
  if (endpoint === null) throw new Error(`${target} is no host and port`)
  const tls = usesTls ? { authorities } : null
  return openStream({ ...endpoint, ipVersion, tls, timeoutMs: timeout * 1000, signal, clock })
}
