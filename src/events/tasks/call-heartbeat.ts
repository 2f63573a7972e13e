import { describeError } from '../../lib/log.ts'
import type { Task, TaskContext } from '../task.ts'

const LIMIT_MS = 10_000

/**
 * Calls an outside service to show that the engine works: when the call is missing, that service raises the
 * alarm that we can't raise ourselves.
 */
export const callHeartbeat: Task = {
  name: 'call heartbeat',
  every: 60,
  async run(context) {
    const { heartbeatUrl, isWell, log } = context
    if (heartbeatUrl === null) return false
    if (!isWell()) {
      log.warn('no heartbeat while a task of the event engine is failing')
      return false
    }
    await call(context, heartbeatUrl)
    return false
  },
}

/**
 * A receiver that does not answer is not a failure of ours: it is logged, and the next call follows a minute
 * later.
 */
async function call({ clock, log }: TaskContext, url: string) {
  const patience = new AbortController()
  const timer = clock.after(LIMIT_MS, () => patience.abort())
  try {
    const response = await fetch(url, { signal: patience.signal, headers: { 'user-agent': 'monitor' } })
    await response.body?.cancel()
    if (!response.ok) log.warn('the receiver of the heartbeat returned an error', { status: response.status })
  } catch (error) {
    const reason = patience.signal.aborted ? 'no answer in time' : describeError(error).replaceAll(url, '…')
    log.warn('the heartbeat could not be sent', { error: reason })
  } finally {
    timer.cancel()
  }
}
