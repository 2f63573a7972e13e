import { closeSync, existsSync, openSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../random.ts'
import { type Fault, seconds } from './harness.ts'

const PAGE = 4096

/** What may happen to the files of a queue whose agent does not run. */
const DAMAGES: Readonly<Record<string, (queue: string, random: Random) => void>> = {
  'flipped bits'(queue, random) {
    const { size } = statSync(queue)
    const handle = openSync(queue, 'r+')
    const byte = new Uint8Array(1)
    for (let i = 0; i < 8; i++) {
      const at = PAGE + random.below(Math.max(1, size - PAGE))
      readSync(handle, byte, 0, 1, at)
      byte[0] = (byte[0] ?? 0) ^ (1 << random.below(8))
      writeSync(handle, byte, 0, 1, at)
    }
    closeSync(handle)
  },
  'a damaged header'(queue, random) {
    const handle = openSync(queue, 'r+')
    writeSync(handle, new Uint8Array(8).fill(random.below(256)), 0, 8, random.below(92))
    closeSync(handle)
  },
  'a zeroed page'(queue, random) {
    const pages = Math.max(1, Math.floor(statSync(queue).size / PAGE))
    const handle = openSync(queue, 'r+')
    writeSync(handle, new Uint8Array(PAGE), 0, PAGE, random.below(pages) * PAGE)
    closeSync(handle)
  },
  truncation(queue, random) {
    truncateSync(queue, random.below(statSync(queue).size + 1))
  },
  'an empty file': (queue) => truncateSync(queue, 0),
  deletion(queue) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(queue + suffix, { force: true })
  },
  'a lost log': (queue) => rmSync(`${queue}-wal`, { force: true }),
  'a lost note': (queue) => rmSync(`${queue}.state`, { force: true }),
  'everything lost'(queue) {
    for (const suffix of ['', '-wal', '-shm', '.state']) rmSync(queue + suffix, { force: true })
  },
}

export const QUEUE_DAMAGE: Readonly<Record<string, Fault>> = {
  'queue of an agent is damaged': {
    async run(harness) {
      const agent = harness.random.pick(harness.agents)
      const kind = harness.random.pick(Object.keys(DAMAGES))
      harness.note(`${agent.name}: ${kind}`)
      // The queue contains something that can be lost.
      harness.line.set('cut')
      await seconds(harness, 0, 4)
      await agent.end('SIGKILL')
      const queue = join(agent.folder, 'queue.db')
      if (existsSync(queue)) DAMAGES[kind]?.(queue, harness.random)
      harness.line.set('open')
      await agent.start()
    },
  },
}
