import { createLineReader } from '../../support/lines.ts'
import { hostName, METRICS, machine } from '../data.ts'

// A process of its own: agents, each on a connection with TLS, that send when the line on standard input says so.

/** What the process is started with. */
export type CrowdOptions = {
  readonly port: number
  readonly passphrase: string
  /** Numbers of its hosts: from the first up to, and without, the last. */
  readonly first: number
  readonly last: number
  /** Values in a packet; the metrics of the benchmark, so often as needed. */
  readonly metrics: number
  /** Milliseconds between the beginnings of two connections. */
  readonly pauseMs: number
}

/** One round: each agent sends one packet within `overMs`, evenly spread; `time` is that of its sample. */
export type CrowdRound = { readonly time: number; readonly overMs: number }

/** On standard output, after connecting and after each round. */
export type CrowdAnswer = { readonly agents: number; readonly longestMs: number; readonly medianMs: number }

const options = JSON.parse(process.argv[2] ?? '') as CrowdOptions
const NAMES = Array.from(
  { length: options.metrics },
  (_, i) => `${METRICS[i % METRICS.length]}${i < METRICS.length ? '' : `.${Math.floor(i / METRICS.length)}`}`,
)
const FACTS = JSON.stringify({
  ip: '10.0.0.1',
  platform: 'Linux',
  build: 'Debian 13',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memory_mb: 7976,
})

class CrowdAgent {
  readonly #host: string
  readonly #next: () => number[]
  #socket: Bun.Socket | null = null
  #id = 0
  readonly #read = createLineReader()
  #sentAt = 0
  #answered: PromiseWithResolvers<number> | null = null
  #unsent = Buffer.alloc(0)

  constructor(number: number) {
    this.#host = hostName(number)
    this.#next = machine(number)
  }

  async connect(): Promise<void> {
    const opened = Promise.withResolvers<void>()
    const fail = (error: Error) => {
      opened.reject(error)
      this.#answered?.reject(error)
    }
    this.#socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: options.port,
      tls: { rejectUnauthorized: false },
      socket: {
        handshake: () => opened.resolve(),
        drain: () => this.#flush(),
        data: (_, data) => this.#take(this.#read(data), fail),
        close: () => fail(new Error(`${this.#host}: the collect engine closed the connection`)),
        error: (_, error) => fail(error),
      },
    })
    await opened.promise
  }

  /** Resolves with the milliseconds until it was acknowledged. */
  send(time: number): Promise<number> {
    const id = ++this.#id
    const first =
      id === 1
        ? `"passphrase":${JSON.stringify(options.passphrase)},"facts":${FACTS},"metrics":${JSON.stringify(NAMES)},`
        : ''
    const values = this.#next()
    const all = NAMES.map((_, i) => values[i % values.length])
    this.#answered = Promise.withResolvers()
    this.#sentAt = performance.now()
    const line = `{"v":1,"id":${id},"host":"${this.#host}",${first}"layout":1,"frames":[[${time},${all.join(',')}]]}\n`
    this.#unsent = Buffer.concat([this.#unsent, Buffer.from(line)])
    this.#flush()
    return this.#answered.promise
  }

  #flush() {
    if (this.#unsent.length === 0) return
    const sent = this.#socket?.write(this.#unsent) ?? 0
    if (sent > 0) this.#unsent = this.#unsent.subarray(sent)
  }

  #take(lines: readonly string[], fail: (error: Error) => void) {
    for (const line of lines) {
      const { id, stored } = JSON.parse(line) as { id?: number; stored?: boolean }
      if (id === undefined) continue
      if (stored !== true) return fail(new Error(`the collect engine answered ${line}`))
      this.#answered?.resolve(performance.now() - this.#sentAt)
    }
  }
}

const agents = Array.from(
  { length: options.last - options.first },
  (_, i) => new CrowdAgent(options.first + i),
)

const say = (waits: readonly number[]) => {
  const sorted = waits.toSorted((a, b) => a - b)
  const answer: CrowdAnswer = {
    agents: agents.length,
    longestMs: sorted.at(-1) ?? 0,
    medianMs: sorted[sorted.length >> 1] ?? 0,
  }
  console.log(JSON.stringify(answer))
}

// Each says who it is before the next begins: strangers from one address are few at a time.
const first: number[] = []
for (const agent of agents) {
  await agent.connect()
  first.push(await agent.send(Math.floor(Date.now() / 1000) - 3600))
  await Bun.sleep(options.pauseMs)
}
say(first)

for await (const line of console) {
  const { time, overMs } = JSON.parse(line) as CrowdRound
  const begun = performance.now()
  const waits = await Promise.all(
    agents.map(async (agent, i) => {
      // The same moment for the same place in every process.
      await Bun.sleep(Math.max(0, begun + (i / agents.length) * overMs - performance.now()))
      return agent.send(time)
    }),
  )
  say(waits)
}
process.exit(0)
