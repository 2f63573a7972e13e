import { hostName } from '../data.ts'

/** A packet goes out so often, whether the one before was answered or not. */
const EVERY_MS = 10

/** The longest and the middle wait of an acknowledgement while something was done, in milliseconds. */
export type Waits = { readonly longest: number; readonly median: number }

/**
 * An agent on a connection of its own that sends a sample every 10 ms, as one of ten thousand would all be sending: what
 * keeps the thread that takes samples from its work is seen as a wait for the acknowledgement.
 */
export class AcknowledgementProbe {
  readonly #sentAt = new Map<number, number>()
  #waits: number[] = []
  #socket: Bun.Socket | null = null
  #timer: ReturnType<typeof setInterval> | null = null
  #id = 0
  #rest = ''
  #failed: Error | null = null

  /** Resolves when the first sample was acknowledged. */
  async start(port: number, passphrase: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (error: Error) => {
      this.#failed = error
      reject(error)
    }
    this.#socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data: (_, data) => {
          const lines = (this.#rest + data.toString('latin1')).split('\n')
          this.#rest = lines.pop() ?? ''
          for (const line of lines) {
            const { id, stored } = JSON.parse(line) as { id?: number; stored?: boolean }
            if (id === undefined) continue
            if (stored !== true) return fail(new Error(`the collect engine answered ${line}`))
            this.#waits.push(performance.now() - (this.#sentAt.get(id) ?? Number.NaN))
            this.#sentAt.delete(id)
            resolve()
          }
        },
        close: () => fail(new Error('the collect engine closed the connection of the probe')),
        error: (_, error) => fail(error),
      },
    })
    this.#send(`"passphrase":${JSON.stringify(passphrase)},"metrics":["perf.memory.percent.used"],`)
    await promise
    this.#timer = setInterval(() => this.#send(''), EVERY_MS)
  }

  /** What acknowledgements waited while `act` ran; those that are still awaited at its end count as well. */
  async during(act: () => Promise<void>): Promise<Waits> {
    this.#waits = []
    await act()
    while (this.#failed === null && this.#sentAt.size > 0 && this.#isLate()) await Bun.sleep(EVERY_MS)
    if (this.#failed !== null) throw this.#failed
    const sorted = this.#waits.toSorted((a, b) => a - b)
    return { longest: sorted.at(-1) ?? Number.NaN, median: sorted[sorted.length >> 1] ?? Number.NaN }
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#socket?.end()
  }

  /** Something was sent before this moment and is not answered. */
  #isLate(): boolean {
    const [oldest] = this.#sentAt.values()
    return oldest !== undefined && performance.now() - oldest > EVERY_MS
  }

  #send(more: string) {
    const id = ++this.#id
    const time = Math.floor(Date.now() / 1000)
    this.#sentAt.set(id, performance.now())
    this.#socket?.write(
      `{"v":1,"id":${id},"host":"${hostName(99_999)}",${more}"layout":1,"frames":[[${time},${id % 100}]]}\n`,
    )
  }
}
