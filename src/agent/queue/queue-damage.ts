import { renameSync, rmSync } from 'node:fs'
import type { Log } from '../../lib/log.ts'
import { QueueFile } from './queue-file.ts'
import { type QueueNote, readNote } from './queue-note.ts'
import { type Item, NO_TOTALS, type QueueState } from './queue-rows.ts'
import { openSalvage, type Salvage } from './queue-salvage.ts'
import { UnusableQueueError } from './queue-schema.ts'

export type OpenQueue = {
  readonly file: QueueFile
  readonly state: QueueState
  /** True when it replaces a damaged file, with everything readable of that. */
  readonly isSalvaged: boolean
}

/** True when the file itself is at fault, as against a disk that is full or away. */
export function isUnusable(error: unknown): boolean {
  return (
    error instanceof UnusableQueueError || /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(codeOf(error))
  )
}

/** True when there is no space, the disk fails or has become read-only: this may pass. */
export function isDiskTrouble(error: unknown): boolean {
  return /^(SQLITE_(FULL|IOERR|READONLY|NOMEM)|ENOSPC|EROFS|EIO|EDQUOT)/.test(codeOf(error))
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/**
 * Moves a damaged queue aside, where an administrator can examine it; only the newest such file is kept, so
 * that a failing disk does not fill up with them. Returns its new name.
 */
export function moveQueueAside(path: string): string {
  const aside = `${path}.corrupt`
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(aside + suffix, { force: true })
    try {
      renameSync(path + suffix, aside + suffix)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return aside
}

/** Items written in one transaction while a damaged file is read. */
const SALVAGE_ITEMS = 1000

/**
 * Moves a damaged file aside, makes a new one and copies all readable items of the old, under their ids.
 * `isGone` is true for items that need not be kept. Lost items are counted in the new file.
 */
export function replaceDamaged(
  path: string,
  log: Log,
  reason: unknown,
  isGone = (_: number) => false,
): OpenQueue {
  const aside = moveQueueAside(path)
  const file = QueueFile.open(path)
  try {
    const salvage = openSalvage(aside)
    const note = readNote(path)
    if (salvage !== null) copySalvage({ salvage, note, file, isGone })
    const state = file.readState()
    // Waiting items of the note whose rows are missing altogether are lost too.
    const waited = Math.max(0, (note?.length ?? 0) - state.length)
    log.error('the queue was damaged; it was moved aside and begun anew with what could be read of it', {
      file: aside,
      saved: state.length,
      lost: salvage === null && note === null ? 'unknown' : Math.max(waited, salvage?.lost() ?? 0),
      reason,
    })
    return { file, state, isSalvaged: salvage !== null }
  } catch (error) {
    file.close()
    throw error
  }
}

type SalvageCopy = {
  readonly salvage: Salvage
  readonly note: QueueNote | null
  readonly file: QueueFile
  isGone(id: number): boolean
}

function copySalvage({ salvage, note, file, isGone }: SalvageCopy) {
  const { metricSets, spans, thresholds } = salvage
  const { generation, newest, ...totals } = salvage.totals ?? {
    ...(note?.totals ?? NO_TOTALS),
    generation: null,
    newest: 0,
  }
  const numbers = {
    generation: generation ?? note?.generation ?? crypto.randomUUID(),
    newest: Math.max(newest, note?.newest ?? 0),
    isClean: false,
  }
  const write = (items: readonly Item[], isLast: boolean) =>
    file.write(
      {
        metricSets,
        items,
        removed: [],
        totals: { ...totals, damaged: totals.damaged + salvage.lost() },
        numbers,
        losses: isLast ? salvage.losses : null,
        spans: isLast ? spans : null,
        thresholds: isLast ? thresholds : null,
      },
      isLast,
    )
  try {
    let items: Item[] = []
    for (const item of salvage.items) {
      if (!isGone(item.id)) items.push(item)
      if (items.length < SALVAGE_ITEMS) continue
      write(items, false)
      items = []
    }
    write(items, true)
  } finally {
    salvage.close()
  }
}

/**
 * Opens the file; one that is unusable is moved aside and begun anew. Throws when it is in use, not a queue,
 * or the disk does not let us.
 */
export function openQueueFile(path: string, log: Log): OpenQueue {
  try {
    return openAndRead(path)
  } catch (error) {
    if (!isUnusable(error)) throw error
    return replaceDamaged(path, log, error)
  }
}

function openAndRead(path: string): OpenQueue {
  const file = QueueFile.open(path)
  try {
    return { file, state: file.readState(), isSalvaged: false }
  } catch (error) {
    file.close()
    throw error
  }
}
