import { createLineReader } from '../support/lines.ts'
import { hostName, random } from './data.ts'

/** Agents that were cut off, as they come back: each on a connection of its own, all at once. */
export type Outage = {
  readonly port: number
  readonly passphrase: string
  readonly agents: number
  readonly metrics: number
  /** Frames that wait with each agent, a minute apart, the newest a minute before `now`. */
  readonly backlog: number
  /** Seconds since 1970. */
  readonly now: number
}

export type OutageTimes = {
  /** Seconds until everything was acknowledged. */
  readonly seconds: number
  /** The longest time in seconds from sending a fresh sample until it was acknowledged. */
  readonly longestFresh: number
  readonly frames: number
}

/** Frames of one batch, and batches without an answer, as our agent has them; a fresh sample has one more. */
const BATCH_FRAMES = 60
const OPEN_BATCHES = 1
/** How often each agent has a fresh sample meanwhile. */
const FRESH_MS = 1000

const MOST_UNKNOWN = 400

const FACTS = JSON.stringify({
  ip: '10.0.0.1',
  platform: 'Linux',
  build: 'Debian 13',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memory_mb: 7976,
})

export async function sendOutage(outage: Outage): Promise<OutageTimes> {
  const names = Array.from({ length: outage.metrics }, (_, i) => `perf.bench.number${i}.percent.used`)
  // All lines are made in advance, so that this process is not the bottleneck.
  const agents = Array.from({ length: outage.agents }, (_, i) => new ReturningAgent(outage, names, i))
  const begun = performance.now()
  const runs: ReturnType<ReturningAgent['run']>[] = []
  for (let i = 0; i < agents.length; i++) {
    const agent = agents[i]
    if (agent !== undefined) runs.push(agent.run())
    // The collect engine takes so many unknown senders from one address.
    if (i >= MOST_UNKNOWN) await Promise.race([agents[i - MOST_UNKNOWN]?.known, runs[i - MOST_UNKNOWN]])
  }
  const waits = await Promise.all(runs)
  return {
    seconds: (performance.now() - begun) / 1000,
    longestFresh: Math.max(...waits.map(({ longestFresh }) => longestFresh)),
    frames: waits.reduce((sum, { frames }) => sum + frames, 0),
  }
}

/** Sends as our agent does: fresh samples go before the backlog, in a batch of their own beside four others. */
class ReturningAgent {
  readonly #outage: Outage
  readonly #host: string
  readonly #next: () => number
  readonly #head: string
  /** Batches without an answer: when a fresh one was sent, null for others. */
  readonly #open = new Map<number, number | null>()
  readonly #done = Promise.withResolvers<{ longestFresh: number; frames: number }>()
  readonly #known = Promise.withResolvers<void>()
  /** Settles with the first answer. */
  readonly known = this.#known.promise
  #socket: Bun.Socket | null = null
  /** Frames of the batches of the backlog that are still to be sent, as text. */
  readonly #backlog: { readonly frames: string; readonly count: number }[] = []
  readonly #freshValues: string
  #id = 0
  #freshDue = 1
  #freshSent = 0
  #frames = 0
  #longestFresh = 0
  #unsent = Buffer.alloc(0)
  readonly #read = createLineReader()
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(outage: Outage, names: readonly string[], index: number) {
    this.#outage = outage
    this.#host = hostName(index)
    this.#next = random(index + 1)
    for (let left = outage.backlog; left > 0; left -= BATCH_FRAMES) {
      const count = Math.min(BATCH_FRAMES, left)
      const frames = Array.from({ length: count }, (_, i) => this.#writeFrame(outage.now - (left - i) * 60))
      this.#backlog.push({ frames: frames.join(','), count })
    }
    this.#freshValues = this.#writeValues()
    this.#head = `"passphrase":${JSON.stringify(outage.passphrase)},"facts":${FACTS},"metrics":${JSON.stringify(names)},`
  }

  async run() {
    this.#socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: this.#outage.port,
      socket: {
        drain: () => this.#flush(),
        data: (_, data) => this.#take(this.#read(data)),
        close: () => this.#done.reject(new Error(`${this.#host}: the collect engine closed the connection`)),
        error: (_, error) => this.#done.reject(error),
      },
    })
    this.#timer = setInterval(() => {
      this.#freshDue = 1
      this.#fill()
    }, FRESH_MS)
    this.#fill()
    try {
      return await this.#done.promise
    } finally {
      clearInterval(this.#timer)
      this.#socket.end()
    }
  }

  #writeValues = () =>
    Array.from({ length: this.#outage.metrics }, () => Math.round(this.#next() * 1000) / 10).join(',')

  #writeFrame = (time: number) => `[${time},${this.#writeValues()}]`

  #fill() {
    if (this.#freshDue > 0 && this.#open.size <= OPEN_BATCHES) {
      this.#freshDue = 0
      this.#frames++
      this.#send(`[${this.#outage.now + this.#freshSent++},${this.#freshValues}]`, performance.now())
    }
    while (this.#backlog.length > 0 && this.#open.size < OPEN_BATCHES) {
      const batch = this.#backlog.shift()
      this.#frames += batch?.count ?? 0
      this.#send(batch?.frames ?? '', null)
    }
    if (this.#backlog.length === 0 && this.#open.size === 0)
      this.#done.resolve({ longestFresh: this.#longestFresh, frames: this.#frames })
  }

  #send(frames: string, freshAt: number | null) {
    const id = ++this.#id
    this.#open.set(id, freshAt)
    const head = id === 1 ? this.#head : ''
    const line = `{"v":1,"id":${id},"host":"${this.#host}",${head}"layout":1,"frames":[${frames}]}\n`
    this.#unsent = Buffer.concat([this.#unsent, Buffer.from(line)])
    this.#flush()
  }

  #flush() {
    const sent = this.#socket?.write(this.#unsent) ?? 0
    if (sent > 0) this.#unsent = this.#unsent.subarray(sent)
  }

  #take(lines: readonly string[]) {
    for (const line of lines) {
      const answer = JSON.parse(line) as { id?: number; stored?: boolean }
      if (answer.id === undefined) continue
      this.#known.resolve()
      if (answer.stored !== true) return this.#done.reject(new Error(`the collect engine answered ${line}`))
      const freshAt = this.#open.get(answer.id)
      if (typeof freshAt === 'number')
        this.#longestFresh = Math.max(this.#longestFresh, (performance.now() - freshAt) / 1000)
      this.#open.delete(answer.id)
    }
    this.#fill()
  }
}
