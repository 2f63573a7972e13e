/** Samples of a time, as far as a graph needs them. Without a sample `low` and `high` are infinite. */
export type SampleBucket = {
  readonly count: number
  readonly low: number
  readonly high: number
  readonly sum: number
}

const START_ROWS = 256

/**
 * Makes rows of samples and cells that come ascending by time. A row is a step of time that begins at a multiple of
 * its length; steps without a sample have no row.
 */
export class RowBuilder {
  readonly #step: number
  #times = new Float64Array(START_ROWS)
  #low = new Float64Array(START_ROWS)
  #mean = new Float64Array(START_ROWS)
  #high = new Float64Array(START_ROWS)
  #counts = new Float64Array(START_ROWS)
  #rows = 0
  /** The row that is being made: until when, and what it has. */
  #end = Number.NEGATIVE_INFINITY
  #first = 0
  #last = 0
  #lowest = 0
  #highest = 0
  #sum = 0
  #count = 0
  #total: SampleBucket = { count: 0, low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, sum: 0 }

  /** `step` is seconds; infinite for one row of everything. */
  constructor(step: number) {
    this.#step = step
  }

  /** Samples at `times`, which count from `start` on. */
  addAll(start: number, times: Float64Array, values: Float64Array) {
    const count = times.length
    for (let i = 0; i < count; ) {
      const first = start + (times[i] ?? 0)
      if (first >= this.#end) this.#begin(first)
      const end = this.#end - start
      let low = this.#lowest
      let high = this.#highest
      let sum = this.#sum
      const from = i
      for (; i < count && (times[i] ?? 0) < end; i++) {
        const value = values[i] ?? 0
        if (value < low) low = value
        if (value > high) high = value
        sum += value
      }
      this.#lowest = low
      this.#highest = high
      this.#sum = sum
      this.#count += i - from
      this.#last = start + (times[i - 1] ?? 0)
    }
  }

  /** Samples with times from `first` to `last`, which must be within one step. */
  addCell(first: number, last: number, { count, low, high, sum }: SampleBucket) {
    if (first >= this.#end) this.#begin(first)
    this.#last = last
    if (low < this.#lowest) this.#lowest = low
    if (high > this.#highest) this.#highest = high
    this.#sum += sum
    this.#count += count
  }

  /** Ends the row that is being made. */
  take() {
    this.#finish()
    this.#end = Number.NEGATIVE_INFINITY
    const rows = (column: Float64Array) => column.subarray(0, this.#rows)
    return {
      times: rows(this.#times),
      low: rows(this.#low),
      mean: rows(this.#mean),
      high: rows(this.#high),
      counts: rows(this.#counts),
      total: this.#total,
    }
  }

  #begin(time: number) {
    this.#finish()
    const step = this.#step
    this.#end = step === Number.POSITIVE_INFINITY ? step : (Math.floor(time / step) + 1) * step
    this.#first = time
    this.#lowest = Number.POSITIVE_INFINITY
    this.#highest = Number.NEGATIVE_INFINITY
    this.#sum = 0
    this.#count = 0
  }

  #finish() {
    if (this.#count === 0) return
    if (this.#rows === this.#times.length) this.#grow()
    const row = this.#rows++
    const isWhole = this.#end === Number.POSITIVE_INFINITY
    const middle = isWhole ? (this.#first + this.#last) / 2 : this.#end - this.#step / 2
    this.#times[row] = Math.floor(Math.min(this.#last, Math.max(this.#first, middle)))
    this.#low[row] = this.#lowest
    this.#high[row] = this.#highest
    // Adding rounds: the mean of equal values may else end up outside of them.
    this.#mean[row] = Math.min(this.#highest, Math.max(this.#lowest, this.#sum / this.#count))
    this.#counts[row] = this.#count
    const { count, low, high, sum } = this.#total
    this.#total = {
      count: count + this.#count,
      low: Math.min(low, this.#lowest),
      high: Math.max(high, this.#highest),
      sum: sum + this.#sum,
    }
    this.#count = 0
  }

  #grow() {
    const enlarge = (column: Float64Array) => {
      const larger = new Float64Array(column.length * 2)
      larger.set(column)
      return larger
    }
    this.#times = enlarge(this.#times)
    this.#low = enlarge(this.#low)
    this.#mean = enlarge(this.#mean)
    this.#high = enlarge(this.#high)
    this.#counts = enlarge(this.#counts)
  }
}
