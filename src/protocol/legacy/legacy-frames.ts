import { type Frame, usedFromFree } from '../../domain/sample.ts'
import { isFields, type JsonMembers, MAX_TIME_AHEAD, readAnyTime, readNumber } from '../field.ts'
import { MAX_METRICS } from '../message.ts'
import type { NameLists } from '../names.ts'
import type { Tally } from '../rejection-tally.ts'
import type { Spellings } from './legacy-metric.ts'
import { findShapes, type RowShapes } from './row-shapes.ts'

/** Rows of one packet by time: those to be stored, and those whose time lies ahead of the server's clock. */
export type TakenFrames = { readonly frames: Frame[]; readonly waiting: Frame[] }

/** Gathers rows of the original's dialect into frames, one for each time. */
export class LegacyFrames {
  readonly #nameLists: NameLists
  readonly #spellings: Spellings
  readonly #latest: number
  readonly #shapes: RowShapes
  #frames = new Map<number, Frame | Frame[]>()
  #weight = 0

  /** `now` is the server's clock at the arrival of the packet. */
  constructor(nameLists: NameLists, spellings: Spellings, now: number) {
    this.#nameLists = nameLists
    this.#spellings = spellings
    this.#shapes = findShapes(nameLists)
    this.#latest = now + MAX_TIME_AHEAD
  }

  /** About the bytes of memory held. */
  get weight(): number {
    return this.#weight
  }

  add(rows: readonly unknown[], tally: Tally): void {
    for (const row of rows) {
      if (!isFields(row)) {
        tally.refuse('frame')
        continue
      }
      const time = readAnyTime(row.time)
      if (time < 0) tally.refuse('time')
      else this.#addRow(time, row, tally)
    }
  }

  /** The frames gathered so far, which are then forgotten; in the order in which their times first came. */
  take(tally: Tally): TakenFrames {
    const taken: TakenFrames = { frames: [], waiting: [] }
    for (const [time, rows] of this.#frames) {
      const frame = Array.isArray(rows) ? this.#merge(time, rows, tally) : rows
      if (time > this.#latest) taken.waiting.push(frame)
      else taken.frames.push(frame)
    }
    this.#frames = new Map()
    this.#weight = 0
    return taken
  }

  #addRow(time: number, row: JsonMembers, tally: Tally): void {
    const shape = this.#shapes.find(row)
    if (shape === null) {
      tally.refuse('frame')
      return
    }
    tally.refuse('name', shape.refused)
    if (shape.spellings !== null) this.#spellings.add(shape.spellings)
    const { keys, isFree } = shape
    const values: (number | null)[] = new Array(keys.length)
    let isEmpty = true
    for (let i = 0; i < keys.length; i++) {
      const value = row[keys[i] ?? '']
      const number = value === null ? null : readNumber(value)
      if (number !== null && Number.isNaN(number)) {
        tally.refuse('value')
        values[i] = null
        continue
      }
      values[i] = number !== null && isFree?.[i] ? usedFromFree(number) : number
      if (number !== null) isEmpty = false
    }
    if (isEmpty) return
    const frame: Frame = { time, metrics: shape.metrics, values }
    const known = this.#frames.get(time)
    if (known === undefined) this.#frames.set(time, frame)
    else if (Array.isArray(known)) known.push(frame)
    else this.#frames.set(time, [known, frame])
    this.#weight += 160 + 8 * values.length
  }

  /** One frame of several rows; a later value wins over an earlier one, but no value never does. */
  #merge(time: number, rows: readonly Frame[], tally: Tally): Frame {
    const merged = new Map<string, number>()
    for (const row of rows)
      row.metrics.forEach((metric, i) => {
        const value = row.values[i]
        if (value === null || value === undefined) return
        if (merged.size < MAX_METRICS || merged.has(metric)) merged.set(metric, value)
        else tally.refuse('frame')
      })
    return { time, metrics: this.#nameLists.intern([...merged.keys()]).metrics, values: [...merged.values()] }
  }
}
