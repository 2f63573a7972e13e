import type { Loss, LossReason } from '../../domain/audit/loss.ts'
import { type NumberRange, removeRange } from '../../domain/audit/number-ranges.ts'

/** More than this are joined: a list that no server takes must not fill the disk. */
const MAX_LOSSES = 200

/** Lost items and missing samples that no server knows of yet, in the order in which they were noted. */
export class LossList {
  #losses: Loss[]

  constructor(losses: readonly Loss[] = []) {
    this.#losses = [...losses]
  }

  get all(): readonly Loss[] {
    return this.#losses
  }

  /** The lowest number in it; null when there is none. */
  get lowest(): number | null {
    const numbers = this.#losses.flatMap(({ first }) => (first > 0 ? [first] : []))
    return numbers.length === 0 ? null : Math.min(...numbers)
  }

  /** Notes items that are gone, ascending by id. */
  addItems(items: Iterable<{ readonly id: number; readonly time: number }>, reason: LossReason): void {
    for (const { id, time } of items) this.addRange({ first: id, last: id }, reason, { from: time, to: time })
  }

  addRange({ first, last }: NumberRange, reason: LossReason, times = { from: 0, to: 0 }): void {
    if (last < first) return
    const known = this.#losses.findLastIndex((loss) => loss.reason === reason && loss.last === first - 1)
    const loss = this.#losses[known]
    const count = last - first + 1
    if (loss === undefined || first === 1) this.#losses.push({ first, last, reason, ...times, count })
    else {
      const from = Math.min(loss.from || times.from, times.from || loss.from)
      this.#losses[known] = {
        ...loss,
        last,
        count: loss.count + count,
        from,
        to: Math.max(loss.to, times.to),
      }
    }
    this.#bound()
  }

  /** Notes that no samples were taken from `from` to `to`; what follows within `gap` seconds is the same loss. */
  addCycles(reason: LossReason, cycles: { from: number; to: number; count: number }, gap: number): void {
    const last = this.#losses.at(-1)
    if (
      last !== undefined &&
      last.first === 0 &&
      last.reason === reason &&
      cycles.from - last.to <= gap &&
      cycles.from >= last.from
    )
      this.#losses[this.#losses.length - 1] = {
        ...last,
        to: Math.max(last.to, cycles.to),
        count: last.count + cycles.count,
      }
    else this.#losses.push({ first: 0, last: 0, reason, ...cycles })
    this.#bound()
  }

  /** A server has noted these; what was added to one of them since stays. */
  confirm(confirmed: readonly Loss[]): void {
    for (const done of confirmed)
      this.#losses = this.#losses.flatMap((loss) => {
        if (loss.reason !== done.reason) return [loss]
        if (loss.first === 0 || done.first === 0)
          return done.first === loss.first && done.from === loss.from && done.to === loss.to ? [] : [loss]
        const rest = removeRange([loss], done)
        if (rest.length === 1 && rest[0]?.first === loss.first && rest[0].last === loss.last) return [loss]
        return rest.map(({ first, last }) => ({ ...loss, first, last, count: last - first + 1 }))
      })
  }

  /** Joins the oldest two of one reason. The server leaves out what it has: naming too much does no harm. */
  #bound() {
    while (this.#losses.length > MAX_LOSSES) {
      const [oldest, ...others] = this.#losses
      if (oldest === undefined) return
      const at = others.findIndex(
        ({ reason, first }) => reason === oldest.reason && first > 0 === oldest.first > 0,
      )
      const next = others[at]
      if (next === undefined) this.#losses = others
      else {
        const isCycles = oldest.first === 0
        others[at] = {
          first: Math.min(oldest.first, next.first),
          last: Math.max(oldest.last, next.last),
          reason: oldest.reason,
          from: Math.min(oldest.from, next.from),
          to: Math.max(oldest.to, next.to),
          count: isCycles
            ? oldest.count + next.count
            : Math.max(oldest.last, next.last) - Math.min(oldest.first, next.first) + 1,
        }
        this.#losses = others
      }
    }
  }
}
