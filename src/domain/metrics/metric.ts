/** What the numbers of a metric are. The text is what the API calls `unit`; empty for plain numbers. */
export type Unit = '%' | 'B' | 'B/s' | '/s' | 's' | '°C' | 'state' | ''

/** Endings that tell the unit; the first that fits counts. */
const UNITS: readonly (readonly [RegExp, Unit])[] = [
  // Before all others: the name of a service or process in front of it may end in anything.
  [/\.state$/, 'state'],
  [/\.percent(\.|$)/, '%'],
  [/^perf\.(network|disk|container)\..*bytes\.[a-z]+$/, 'B/s'],
  [/^perf\.filesystem\..*bytes\.(read|written)$/, 'B/s'],
  [/\.bytes(\.|$)/, 'B'],
  [/^perf\.network\..*(errors|drops|packets)\.[a-z]+$/, '/s'],
  [/^perf\.(disk|filesystem)\..*operations\.[a-z]+$/, '/s'],
  [/\.seconds$/, 's'],
  [/\.celsius$|^perf\.temperature\./, '°C'],
]

export function metricUnit(metric: string): Unit {
  return UNITS.find(([pattern]) => pattern.test(metric))?.[1] ?? ''
}

/** The name in words, as event messages have it: `perf.memory.percent.used` is `Memory percent used`. */
export function metricTitle(metric: string): string {
  const parts = metricSubject(metric)
  const words = (parts?.figure ?? metric.replace(/^perf\./, '')).replaceAll('.', ' ')
  const text = parts ? `${parts.kind} ${parts.subject} ${words}` : words
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * Kinds that have many things, whose names may hold dots themselves and keep them. A service may even be
 * called `percent.used`.
 */
const SUBJECTS: readonly RegExp[] = [
  /^perf\.(service|process)\.(.+)\.(state)$/,
  /^perf\.(container)\.(.+?)\.(state|healthy|restarts\.hour|processor\.percent|memory\.(?:bytes|percent)|network\.bytes\.(?:received|sent))$/,
  /^perf\.(textfile)\.(.+)\.(state|age\.seconds)$/,
  // Names of checks hold no dots.
  /^perf\.(check)\.([^.]+)\.(state|exit|milliseconds|certificate\.days|value\..+)$/,
  /^perf\.(filesystem|disk|network)\.(.+?)\.((?:inodes\.)?percent\.[a-z]+|(?:bytes|errors|drops|packets|operations)\.[a-z]+)$/,
  /^perf\.(temperature)\.(.+?)\.(celsius)$/,
]

/**
 * The thing that a metric is about, where its kind has many: `dev.sda1` of
 * `perf.filesystem.dev.sda1.percent.used`.
 */
export function metricSubject(metric: string): { kind: string; subject: string; figure: string } | null {
  for (const pattern of SUBJECTS) {
    const match = pattern.exec(metric)
    if (match) return { kind: match[1] ?? '', subject: match[2] ?? '', figure: match[3] ?? '' }
  }
  return null
}
