import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { isLossReason, type Loss } from '../../domain/audit/loss.ts'
import type { QueueTotals } from './queue-rows.ts'

/**
 * State of the queue in a small file of its own beside the queue's: numbers continue and losses are counted
 * even when the queue itself is lost.
 */
export type QueueNote = {
  readonly generation: string
  /** The highest number that was given, written before the queue has it. */
  readonly newest: number
  /** The lowest number that waited. */
  readonly waiting: number
  /** The time of the newest frame, in seconds since 1970; 0 when there was none. */
  readonly time: number
  /** By which start of the machine, and how many seconds after it, that frame was taken; null when not known. */
  readonly boot: FrameBoot | null
  /** How many waited. */
  readonly length: number
  readonly totals: QueueTotals
  /** Losses that no server has noted yet. */
  readonly losses: readonly Loss[]
}

export type FrameBoot = { readonly id: string; readonly seconds: number }

export const noteFileOf = (queueFile: string) => `${queueFile}.state`

/** Null when there is none, or none that can be read. */
export function readNote(queueFile: string): QueueNote | null {
  try {
    const note: unknown = JSON.parse(readFileSync(noteFileOf(queueFile), 'utf8'))
    if (!isNote(note)) return null
    const losses = note.losses.filter(({ reason }) => isLossReason(reason))
    return { ...note, boot: isFrameBoot(note.boot) ? note.boot : null, losses }
  } catch {
    return null
  }
}

/** Writes the note when its content has changed. */
export class QueueNoteWriter {
  readonly #file: string
  #written: string | null = null

  constructor(queueFile: string) {
    this.#file = noteFileOf(queueFile)
  }

  /**
   * Writes it in place: it is small, and what takes the place of a file costs the filesystem much more. Spaces
   * cover what was longer. Throws when the disk does not take it.
   */
  write(note: QueueNote): void {
    const text = JSON.stringify(note)
    if (text === this.#written) return
    const isFirst = this.#written === null
    const handle = openSync(this.#file, isFirst ? 'w' : 'r+', 0o600)
    try {
      writeSync(handle, text.padEnd(this.#written?.length ?? 0), 0)
    } finally {
      closeSync(handle)
    }
    this.#written = text
  }
}

function isNote(value: unknown): value is QueueNote {
  if (typeof value !== 'object' || value === null) return false
  const { generation, newest, waiting, time, length, totals, losses } = value as Record<string, unknown>
  const { dropped, aged, refused, damaged } = (totals ?? {}) as Record<string, unknown>
  return (
    typeof generation === 'string' &&
    generation !== '' &&
    Array.isArray(losses) &&
    [newest, waiting, time, length, dropped, aged, refused, damaged].every(
      (count) => typeof count === 'number' && Number.isSafeInteger(count) && count >= 0,
    )
  )
}

/** Agents of before wrote none. */
function isFrameBoot(value: unknown): value is FrameBoot {
  if (typeof value !== 'object' || value === null) return false
  const { id, seconds } = value as Record<string, unknown>
  return typeof id === 'string' && typeof seconds === 'number' && seconds >= 0
}
