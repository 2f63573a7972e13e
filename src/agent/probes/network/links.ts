import { LINK_METRICS } from '../../../domain/metrics/declared/kernel.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, parseCount } from '../arithmetic.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'

export type LinkReading = {
  /** The interfaces that were looked through for cards. */
  readonly names: string
  readonly cards: readonly string[]
  readonly links: readonly Link[]
  /** Cycles since the speeds were asked for. */
  readonly age: number
}

type Link = {
  readonly name: string
  readonly isUp: boolean
  /** Megabits a second; null where the card does not report it, as most cards of virtual machines. */
  readonly speed: number | null
  /** How often it has come up; null before Linux 4.16. */
  readonly rises: number | null
}

/** The most that one machine reports. */
const MAX_CARDS = 32

/**
 * Link and speed of network cards. A socket without a cable is not a problem, so only cards count that have
 * had a link since they were added. Linux: /sys/class/net, since Linux 4.16.
 */
export const links = defineProbe<LinkReading>({
  name: 'links',
  metrics: LINK_METRICS,
  keepSeconds: 10,
  linux(proc, _context, previous) {
    const names = listInterfaces(proc)
    const isSame = previous?.names === names
    const cards = isSame ? previous.cards : findCards(proc, proc.list('/sys/class/net'))
    if (cards.length === 0) return null
    const age = isSame ? (previous.age + 1) % ASK_EVERY : 0
    const before = age === 0 ? [] : (previous?.links ?? [])
    return { names, cards, links: cards.flatMap((name) => readLink(proc, name, before)), age }
  },
  samples({ links: found }) {
    const samples: ProbeSample[] = []
    for (const { name, isUp, speed } of found) {
      const part = `perf.link.${toMetricPart(name)}`
      addSample(samples, `${part}.state`, isUp ? 1 : 0)
      addSample(samples, `${part}.megabits`, isUp ? speed : null)
    }
    return samples
  },
})

/**
 * A card may ask its own processor for its speed, and others of the machine wait meanwhile. It agrees on one as the link
 * comes up, so that as long as the link stands, it is asked at each so many readings.
 */
const ASK_EVERY = 10

/** In a table that is read in each cycle anyway; where there is none, no name is as good as any. */
function listInterfaces(proc: ProcFs): string {
  try {
    return (
      proc
        .readText('/proc/net/dev')
        .match(/^ *[^\s:|]+(?=:)/gm)
        ?.join('') ?? ''
    )
  } catch {
    return ''
  }
}

const findCards = (proc: ProcFs, names: readonly string[]) =>
  names
    .filter((name) => proc.has(`/sys/class/net/${name}/device`))
    .sort()
    .slice(0, MAX_CARDS)

/** Reading the carrier of a card that is switched off fails; an administrator who switches it off means it. */
function readLink(proc: ProcFs, name: string, before: readonly Link[]): Link[] {
  const read = (file: string) => {
    try {
      return parseCount(proc.readTextIfThere(`/sys/class/net/${name}/${file}`)?.trim())
    } catch {
      return null
    }
  }
  const carrier = read('carrier')
  const rises = read('carrier_up_count')
  if (carrier === null || !(carrier === 1 || (rises ?? 0) > 0)) return []
  // One that was down for less than the time between two readings may have come up at another speed.
  const known = before.find((link) => link.name === name && link.isUp && link.rises === rises)
  if (carrier === 1 && known !== undefined) return [known]
  const speed = carrier === 1 ? read('speed') : null
  const isKnown = speed !== null && speed > 0 && speed < 1e7
  return [{ name, isUp: carrier === 1, speed: isKnown ? speed : null, rises }]
}
