import type { HostReport } from '../storage/ports/store.ts'

/** A long packet is stored in parts of about this many bytes of memory. */
export const PART_WEIGHT = 2 * 1024 * 1024
const MAX_PART_FRAMES = 1000
const MAX_PART_EVENTS = 1000

type LegacyPiece = Pick<HostReport, 'frames' | 'waiting' | 'events' | 'spellings'>

type LegacyRows = Required<Pick<HostReport, 'frames' | 'waiting' | 'events'>> & {
  readonly spellings: HostReport['spellings'] | null
}

/** Hands on what a packet has gathered in pieces of bounded length, at least one. */
export function splitPart(
  { frames, waiting, events, spellings }: LegacyRows,
  onPiece: (piece: LegacyPiece, index: number) => void,
): void {
  const count = Math.max(
    1,
    Math.ceil(frames.length / MAX_PART_FRAMES),
    Math.ceil(waiting.length / MAX_PART_FRAMES),
    Math.ceil(events.length / MAX_PART_EVENTS),
  )
  for (let i = 0; i < count; i++) {
    const later = waiting.slice(i * MAX_PART_FRAMES, (i + 1) * MAX_PART_FRAMES)
    const piece = {
      frames: frames.slice(i * MAX_PART_FRAMES, (i + 1) * MAX_PART_FRAMES),
      events: events.slice(i * MAX_PART_EVENTS, (i + 1) * MAX_PART_EVENTS),
      ...(later.length > 0 && { waiting: later }),
      ...(spellings && i === 0 && { spellings }),
    }
    onPiece(piece, i)
  }
}
