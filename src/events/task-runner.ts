import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/log.ts'
import type { Task, TaskContext } from './task.ts'

/**
 * A task that takes longer is left to itself while the others go on; it starts again only after it has ended.
 */
export const TASK_LIMIT_MS = 60_000

/** Runs one task, and remembers between cycles when it is due again and how it went. */
export class TaskRunner {
  readonly #task: Task
  readonly #context: TaskContext
  /** By the monotonic clock. */
  #dueMs = Number.NEGATIVE_INFINITY
  #failures = 0
  #running: Promise<void> | null = null

  constructor(task: Task, context: TaskContext) {
    this.#task = task
    this.#context = context
  }

  get name(): string {
    return this.#task.name
  }

  get isEverywhere(): boolean {
    return this.#task.isEverywhere === true
  }

  get isPrompt(): boolean {
    return this.#task.isPrompt === true
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** Null while it does not run. */
  get running(): Promise<void> | null {
    return this.#running
  }

  isDue(nowMs: number): boolean {
    return this.#running === null && this.#dueMs <= nowMs
  }

  /** Resolves when the task ended, one way or the other, or has used up its time. `nowMs` is the cycle's start. */
  async run(nowMs: number): Promise<void> {
    const { clock, log } = this.#context
    this.#dueMs = nowMs + this.#task.every * 1000
    this.#running = this.#perform().finally(() => {
      this.#running = null
    })
    const { heldMs } = this.#task
    if (!(await endsWithin(clock, this.#running, heldMs ?? TASK_LIMIT_MS)) && heldMs === undefined)
      log.warn('a task of the event engine takes long; the others go on', { task: this.name })
  }

  async #perform() {
    const { log } = this.#context
    const task = this.name
    try {
      if (await this.#task.run(this.#context)) this.#dueMs = Number.NEGATIVE_INFINITY
      if (this.#failures > 0)
        log.info('a task of the event engine works again', { task, failures: this.#failures })
      this.#failures = 0
    } catch (error) {
      if (this.#failures === 0)
        log.error('a task of the event engine failed', { task, error: describeError(error) })
      this.#failures++
      // A failed task is tried again in the next cycle, not only when it is due again.
      this.#dueMs = Number.NEGATIVE_INFINITY
    }
  }
}

/** False when `work` was not done after `ms`. */
export async function endsWithin(clock: Clock, work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const limit = clock.after(ms, () => late.resolve(false))
  const done = await Promise.race([work.then(() => true as const), late.promise])
  limit.cancel()
  return done
}
