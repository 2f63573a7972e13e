import { QueueAccount } from './queue-account.ts'

/** Rows of `agent_queue`, and their columns that hold packed text. */

export type QueueRow = {
  id: number
  host: number
  since: number
  first_number: number
  newest: number
  waiting: number
  accounted: string
  present: number
  repeated: number
  last_time: number
  is_restored: number
}

export const QUEUE_COLUMNS =
  'id, host, since, first_number, newest, waiting, accounted, present, repeated, last_time, is_restored'

export const openAccount = (row: Omit<QueueRow, 'id' | 'host' | 'since'>): QueueAccount =>
  new QueueAccount({
    first: row.first_number,
    newest: row.newest,
    waiting: row.waiting,
    accounted: readRanges(row.accounted),
    present: row.present,
    repeated: row.repeated,
    lastTime: row.last_time,
    isRestored: row.is_restored === 1,
  })

export const writeRanges = (ranges: QueueAccount['accounted']) =>
  JSON.stringify(ranges.flatMap(({ first, last }) => [first, last]))

function readRanges(text: string): { first: number; last: number }[] {
  const numbers: unknown = JSON.parse(text)
  if (!Array.isArray(numbers)) return []
  const ranges: { first: number; last: number }[] = []
  for (let i = 0; i + 1 < numbers.length; i += 2)
    ranges.push({ first: Number(numbers[i]), last: Number(numbers[i + 1]) })
  return ranges
}
