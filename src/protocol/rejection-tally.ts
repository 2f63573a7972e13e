/** Reasons why one piece of an otherwise valid message is rejected. */
export type PieceFault =
  | 'line'
  | 'value'
  | 'time'
  | 'name'
  | 'frame'
  | 'event'
  | 'threshold'
  | 'fact'
  | 'number'

const SENTENCES: Readonly<Record<PieceFault, string>> = {
  line: 'a line is not of the form time;host;monitor;value',
  value: 'a value is not a finite number',
  time: 'a time is missing, before 2000 or too far in the future',
  name: 'a metric name is not allowed',
  frame: 'a frame has the wrong shape',
  event: 'an event is incomplete',
  threshold: 'a threshold is not one',
  number: 'the numbers do not fit what they number',
  fact: 'a system fact is too long and was cut',
}

/** The sentence about one kind of fault. */
export const describeFault = (fault: PieceFault): string => SENTENCES[fault]

const NONE: ReadonlyMap<PieceFault, number> = new Map()

/** Counts the pieces of one message that were refused while the rest was taken. */
export class Tally {
  total = 0
  /** Of nearly all messages nothing is refused. */
  #counts: Map<PieceFault, number> | null = null

  get counts(): ReadonlyMap<PieceFault, number> {
    return this.#counts ?? NONE
  }

  /** Sentence about the first one. */
  get reason(): string | null {
    for (const fault of this.counts.keys()) return SENTENCES[fault]
    return null
  }

  refuse(fault: PieceFault, count = 1): void {
    if (count === 0) return
    this.total += count
    this.#counts ??= new Map()
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + count)
  }
}
