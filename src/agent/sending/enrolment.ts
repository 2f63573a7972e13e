import type { Clock } from '../../lib/clock.ts'
import { encodeBatch, parseReply } from '../../protocol/encode.ts'
import { type CollectorAddress, type ConnectionEvents, connect } from './connect.ts'

export type EnrolOptions = {
  readonly server: CollectorAddress
  /** Of the enrolment code. */
  readonly secret: string
  /** The key that owns the host's name from then on. */
  readonly key: string
  readonly host: string
  readonly clock: Clock
}

const ANSWER_MS = 30_000

/**
 * Trades the secret of an enrolment code for the right to speak for the host with its key. May be repeated: a
 * key that the server has taken already is taken again, whatever has become of the code. Rejects with the
 * server's reason, or with what kept it from being asked.
 */
export function enrol({ server, secret, key, host, clock }: EnrolOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (problem: string | null) => {
      timer.cancel()
      connection.close()
      if (problem === null) resolve()
      else reject(new Error(problem))
    }
    const timer = clock.after(ANSWER_MS, () => end(`no answer within ${ANSWER_MS / 1000} s`))
    const events: ConnectionEvents = {
      opened() {
        const batch = {
          id: 1,
          host,
          key,
          enroll: secret,
          clock: clock.now(),
          metrics: [],
          frames: [],
          events: [],
        }
        connection.write(encodeBatch(batch, 0, false))
      },
      received(line) {
        try {
          const reply = parseReply(line)
          end('error' in reply ? reply.error : null)
        } catch (error) {
          end(`the server's answer is not ours: ${error instanceof Error ? error.message : error}`)
        }
      },
      closed: (reason) => end(reason),
    }
    const connection = connect({ server, clock, events })
  })
}
