import type { Agent } from '../agent/agent.ts'
import type { AgentOptions } from '../agent/agent-options.ts'
import type { Log } from '../lib/log.ts'
import { MAX_FORMER_NAMES } from '../protocol/message.ts'

/** What an agent takes over from the one before it, and how it asks for the next one. */
type Following = Pick<AgentOptions, 'formerNames' | 'onRenamed'>

/** Checks what an agent would be started with; what comes back starts it. */
type OpenAgent<Config> = (config: Config, following: Following) => Promise<() => Promise<Agent>>

/**
 * The agent of a process, which is restarted for another configuration, and when its machine gets another
 * name. The queue keeps samples, events and the state of thresholds in between.
 */
export class RestartableAgent<Config> {
  readonly #open: OpenAgent<Config>
  readonly #log: Log
  #running: { readonly agent: Agent; readonly config: Config } | null = null
  #formerNames: readonly string[] = []
  #isStopped = false
  #restarts = 0
  /** Restarts follow each other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(open: OpenAgent<Config>, log: Log) {
    this.#open = open
    this.#log = log
  }

  async start(config: Config): Promise<void> {
    this.#running = { agent: await (await this.#prepare(config))(), config }
  }

  /** Rejects when the configuration does not do; the agent then goes on with the one it had. */
  reload(config: Config): Promise<void> {
    return this.#inTurn(() => this.#restart(config))
  }

  /** An agent does something now, or gives way to another one. */
  get isBusy(): boolean {
    return this.#restarts > 0 || this.#running === null || this.#running.agent.isBusy()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#turn.catch(() => {})
    await this.#running?.agent.stop()
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#restarts++
    const done = this.#turn
      .catch(() => {})
      .then(() => (this.#isStopped ? undefined : act()))
      .finally(() => {
        this.#restarts--
      })
    this.#turn = done
    return done
  }

  async #restart(config: Config): Promise<void> {
    const before = this.#running
    const begin = await this.#prepare(config)
    await before?.agent.stop()
    try {
      this.#follow(await begin(), config)
    } catch (error) {
      if (before !== null) this.#follow(await (await this.#prepare(before.config))(), before.config)
      throw error
    }
  }

  #prepare(config: Config): Promise<() => Promise<Agent>> {
    const formerNames = this.#running === null ? [] : [this.#running.agent.name, ...this.#formerNames]
    return this.#open(config, { formerNames, onRenamed: (name) => this.#rename(name) })
  }

  #follow(agent: Agent, config: Config) {
    const before = this.#running?.agent.name
    if (before !== undefined && before !== agent.name)
      this.#formerNames = [before, ...this.#formerNames.filter((name) => name !== before)].slice(
        0,
        MAX_FORMER_NAMES - 1,
      )
    this.#running = { agent, config }
  }

  /** Called within a cycle, which has to end before its agent can. */
  #rename(name: string) {
    this.#log.info('the machine has another name now', { before: this.#running?.agent.name ?? '', name })
    this.#inTurn(async () => {
      if (this.#running !== null) await this.#restart(this.#running.config)
    }).catch((error: unknown) => {
      this.#log.error('the agent could not go on under another name', { name, reason: error })
    })
  }
}
