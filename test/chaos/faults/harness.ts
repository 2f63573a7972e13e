import type { FastSender } from '../fast-sender.ts'
import type { Line } from '../line.ts'
import type { Part } from '../parts.ts'
import type { Random } from '../random.ts'
import type { Receiver } from '../receiver.ts'

/** A database on a server of its own, and what can be done to that. */
export type DatabaseServer = {
  readonly url: string
  hold(isHeld: boolean): Promise<void>
  /** kill -9, and a start after so many milliseconds. */
  crash(ms: number): Promise<void>
}

export type Harness = {
  readonly folder: string
  readonly server: Part
  readonly agents: readonly Part[]
  readonly line: Line
  readonly sender: FastSender
  readonly receiver: Receiver
  readonly random: Random
  /** Null for SQLite. */
  readonly database: DatabaseServer | null
  /** Whether the server's folder has a small disk of its own that can be filled. */
  readonly hasSmallDisk: boolean
  readonly note: (text: string) => void
}

/** A fault lasts for a while and is over when it resolves: what comes after it finds all parts running. */
export type Fault = {
  run(harness: Harness): Promise<void>
  /** True unless given. */
  isPossible?(harness: Harness): boolean
}

export const seconds = (harness: Harness, least: number, most: number) =>
  Bun.sleep(least * 1000 + harness.random.below((most - least) * 1000 + 1))
