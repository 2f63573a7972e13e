import { filesystemTitle } from '../hosts/filesystems.ts'
import { stateWords, withinSentence } from '../metrics/metric.ts'
import { formatMetric } from '../metrics/plain-value.ts'
import { describeState } from '../metrics/state-word.ts'

/** Facts that a sentence about a metric may use besides its name. */
export type PhraseContext = {
  /** Mount points, by the name that filesystems have in their metrics. */
  readonly mounts?: Readonly<Record<string, string>>
  /** `Windows` has a page file where others have swap. */
  readonly platform?: string
  /** The newest values of the host: what a pool or a container says itself is among them. */
  readonly latest?: Readonly<Record<string, number>>
}

/** How a sentence speaks of a metric. */
export type Phrase = {
  /** The name of the measured quantity: `CPU`, `/var usage`. */
  readonly noun: string
  /** The measured thing with its value, in the present or the past: `/var is 96.1 % full`. */
  say(value: number, isPast: boolean): string
  /** What stands behind the sentence of a problem that is over, which `before` was the value of: `now 71 %`, `still stopped`. */
  sayNow(value: number, before: number | null): string
  /**
   * The value alone describes the problem, as for a service that is stopped: a comparison would repeat it.
   */
  readonly isState?: true
  /** Any is too many: that it is `above 0`, and for how long, is not said. */
  readonly isCount?: true
}

export const be = (isPast: boolean) => (isPast ? 'was' : 'is')
export const have = (isPast: boolean) => (isPast ? 'had' : 'has')

/** The mount point of a filesystem, else the name of its device. */
export const placeOf = (subject: string, { mounts }: PhraseContext): string =>
  mounts?.[subject] ?? filesystemTitle(subject)

/** A noun with the value behind it; `say` where a sentence has another form. */
export function measured(
  noun: string,
  metric: string,
  say = (value: string, isPast: boolean) => `${noun} ${isPast ? `${areOf(noun)} ` : ''}${value}`,
): Phrase {
  return {
    noun,
    say: (value, isPast) => say(formatMetric(value, metric), isPast),
    sayNow: (value) => `now ${formatMetric(value, metric)}`,
  }
}

/** The verb of a noun in the past. */
export const areOf = (noun: string) => (isPlural(noun) ? 'were' : 'was')

/** Tells it by what stands before the words that say of what, as in `Disk errors of btrfs data`. */
function isPlural(noun: string): boolean {
  const [head = ''] = noun.split(
    / (?:(?:of|on|by|in|that|waiting|dropped|refused|left|not|receiving|sending)\b|\()/,
  )
  return /[^sui]s$/.test(head)
}

/** Things that are counted: `2 processes`, with the verb of one or of several. */
export function counted(
  noun: string,
  metric: string,
  say: (count: string, isOne: boolean, isPast: boolean) => string,
): Phrase {
  return {
    noun,
    isCount: true,
    say: (value, isPast) => say(formatMetric(value, metric), value === 1, isPast),
    sayNow: (value) => (value === 0 ? 'now none' : `now ${formatMetric(value, metric)}`),
  }
}

type StateOptions = {
  readonly noun: string
  readonly metric: string
  /** What stands before the verb; the noun unless given. */
  readonly subject?: string
  /** Given where an open problem is what the thing itself says, as a pool that is `faulted`. */
  readonly latest?: PhraseContext['latest']
  /** The same for what it is once the problem is over. */
  readonly latestAfter?: PhraseContext['latest']
}

/** A thing that is good or not, in the words of its metric. */
export function state({ noun, metric, subject = noun, latest, latestAfter = latest }: StateOptions): Phrase {
  const { good, bad } = stateWords(metric)
  const [isGood, isBad] = [withinSentence(good), withinSentence(bad)]
  const own = (value: number, values: Readonly<Record<string, number>>) =>
    withinSentence(describeState(metric, value, values).words)
  return {
    noun,
    isState: true,
    say(value, isPast) {
      const word = !isPast && latest?.[metric] === value ? own(value, latest) : value >= 0.5 ? isGood : isBad
      return `${subject} ${be(isPast)} ${word}`
    },
    sayNow(value, before) {
      const [now, was] = [value >= 0.5, before !== null && before >= 0.5].map((is) => (is ? isGood : isBad))
      if (now === was) return `still ${now}`
      // For what was required and is not required now.
      if (now === `not ${was}`) return 'it no longer is'
      return `now ${latestAfter?.[metric] === value ? own(value, latestAfter) : now}`
    },
  }
}
