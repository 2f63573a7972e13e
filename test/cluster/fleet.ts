import type { EventReport } from '../../src/domain/event.ts'
import { encodeBatch, parseReply } from '../../src/protocol/encode.ts'
import { createLineReader } from '../support/lines.ts'

export type FleetAgent = {
  readonly host: string
  /** Times that the agent was told are stored, with their values. */
  readonly acknowledged: ReadonlyMap<number, number>
  /** Ids of events that were opened and closed, and acknowledged. */
  readonly events: readonly string[]
  /** How often it had to say something again. */
  readonly repeated: number
}

export type Fleet = {
  readonly agents: readonly FleetAgent[]
  acknowledged(): number
  /** Resolves when every agent was told that what it said last is stored. */
  stop(): Promise<void>
}

type Said = { id: number; time: number; value: number; events: EventReport[] }

const METRIC = 'cluster.value'
const FACTS = {
  ip: '127.0.0.1',
  platform: 'Linux',
  build: 'Debian 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 1,
  memoryMb: 1024,
}
/** No answer for so long: the connection is given up, as an agent does. */
const SILENCE_MS = 20_000

/**
 * Agents that each say one thing after the other, every `everyMs`, over and over until they are told that it
 * is stored.
 */
export function startFleet(port: number, passphrase: string, count: number, everyMs: number): Fleet {
  let isStopping = false
  const start = Math.floor(Date.now() / 1000) - 3600
  const agents = Array.from({ length: count }, (_, i) => {
    const acknowledged = new Map<number, number>()
    const events: string[] = []
    return { host: `agent${i}`, acknowledged, events, repeated: 0 }
  })

  async function live(agent: (typeof agents)[number]) {
    let ask: ((said: Said) => Promise<boolean>) | null = null
    for (let number = 0; !isStopping; number++) {
      const uid = `${agent.host}-${number - (number % 20)}`
      // Every twentieth time a problem begins, and ten later it is over.
      const status = number % 20 === 0 ? 'open' : number % 20 === 10 ? 'closed' : null
      const time = start + number
      const events: EventReport[] =
        status === null
          ? []
          : [
              {
                uid,
                change: status === 'open' ? 1 : 2,
                time,
                metric: METRIC,
                severity: 2,
                status,
                message: 'x',
              },
            ]
      const said = { id: number, time, value: number / 4, events }
      for (let isFirst = true; ; isFirst = false) {
        if (!isFirst) agent.repeated++
        ask ??= await connect(port, passphrase, agent.host).catch(() => null)
        if (ask && (await ask(said).catch(() => false))) break
        ask = null
        await Bun.sleep(200)
      }
      agent.acknowledged.set(time, said.value)
      if (status === 'closed') agent.events.push(uid)
      await Bun.sleep(everyMs * (0.5 + Math.random()))
    }
  }
  const lives = agents.map(live)
  return {
    agents,
    acknowledged: () => agents.reduce((sum, agent) => sum + agent.acknowledged.size, 0),
    async stop() {
      isStopping = true
      await Promise.all(lives)
    },
  }
}

/** Gives what says one thing and tells whether it is stored; rejects when the connection is over. */
async function connect(port: number, passphrase: string, host: string) {
  let answer: ((stored: boolean) => void) | null = null
  let isFirst = true
  let isOver = false
  const give = (stored: boolean) => {
    answer?.(stored)
    answer = null
  }
  const read = createLineReader()
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data(_, bytes) {
        for (const line of read(bytes)) {
          const reply = parseReply(line)
          give('stored' in reply && reply.refused === undefined)
        }
      },
      close() {
        isOver = true
        give(false)
      },
      error() {},
    },
  })
  return (said: Said) =>
    new Promise<boolean>((resolve) => {
      if (isOver) return resolve(false)
      const timer = setTimeout(() => give(false), SILENCE_MS)
      answer = (stored) => {
        clearTimeout(timer)
        if (!stored) socket.terminate()
        resolve(stored)
      }
      const { id, time, value, events } = said
      const clock = Math.floor(Date.now() / 1000)
      const batch = {
        id,
        host,
        passphrase,
        clock,
        facts: FACTS,
        metrics: [METRIC],
        frames: [[time, value]],
        events,
      }
      socket.write(encodeBatch(batch, 0, isFirst))
      isFirst = false
    })
}

export const FLEET_METRIC = METRIC
