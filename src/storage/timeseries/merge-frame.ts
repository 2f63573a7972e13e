import type { Transaction } from '../database/database.ts'
import { saveHostLayout } from '../hosts/host-cache.ts'
import { createByteWriter } from './codec/bytes.ts'
import { packHead, packValue, readLayout, unpackFrame } from './codec/frame.ts'
import { dayOf } from './day.ts'
import type { FrameTable } from './frames.ts'
import type { LayoutReader, LayoutWriter } from './metric-sets.ts'

/**
 * Merges `packed` into the frame held for that time and host, metric by metric: a value in `packed` wins, a null leaves what is
 * there. Rare (the same frame sent twice, or one time in two packets), so it may be slow. False when they were the same.
 */
export async function mergeFrame(
  transaction: Transaction,
  table: FrameTable,
  time: number,
  host: number,
  packed: Uint8Array,
  writer: LayoutWriter,
  reader: LayoutReader,
): Promise<boolean> {
  const [held] = await transaction.query<{ packed: Uint8Array }>(
    `SELECT packed FROM ${table} WHERE time = ? AND host = ? ${transaction.dialect.forUpdate}`,
    [time, host],
  )
  if (!held || sameBytes(held.packed, packed)) return false
  await reader.load(transaction, [readLayout(held.packed), readLayout(packed)])
  const union = unite(held.packed, packed, reader)
  const names = [...union.keys()]
  // The layout held fits when nothing was added: Map keeps the order of insertion.
  const oldLayout = readLayout(held.packed)
  const layout =
    names.length === reader.names(oldLayout).length ? oldLayout : (await writer.save(transaction, names)).id
  const result = pack(layout, [...union.values()])
  if (sameBytes(held.packed, result.packed)) return true
  if (layout !== oldLayout) await saveHostLayout(transaction, host, layout, dayOf(time))
  await transaction.run(`UPDATE ${table} SET samples = ?, packed = ? WHERE time = ? AND host = ?`, [
    result.samples,
    result.packed,
    time,
    host,
  ])
  return true
}

function unite(held: Uint8Array, added: Uint8Array, reader: LayoutReader): Map<string, number | null> {
  const union = new Map<string, number | null>()
  for (const packed of [held, added]) {
    const { layout, values } = unpackFrame(packed, (id) => reader.names(id).length)
    reader.names(layout).forEach((name, i) => {
      const value = values[i] ?? null
      if (value !== null || (packed === held && !union.has(name))) union.set(name, value)
    })
  }
  return union
}

function pack(layout: number, values: readonly (number | null)[]) {
  const writer = createByteWriter()
  packHead(writer, layout)
  let samples = 0
  for (const value of values) if (packValue(writer, value)) samples++
  return { samples, packed: writer.take() }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
