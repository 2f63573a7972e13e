/** What stands in the way of a goal, said in the table as long as the row misses it. */
export type Reason = {
  readonly benchmark: string
  /** Fits the names of its rows. */
  readonly row: RegExp
  readonly reason: string
}

/** Each was found with a profile (`bun --cpu-prof`), or by measuring the part alone. */
export const REASONS: readonly Reason[] = [
  {
    benchmark: 'pages',
    row: /^graph of five years/,
    reason:
      'Profile: over half is SQLite reading 1825 chunks, each on a page of its own, 5 % checks what was compacted meanwhile; ' +
      'a goal for this needs summaries that lie together, by months',
  },
  {
    benchmark: 'crowd',
    row: /resident memory/,
    reason:
      'A connection with TLS takes 19 KiB more than one without, which are BoringSSL’s and not ours: 190 MiB of 10,000',
  },
]

export const findReason = (name: string): string | null =>
  REASONS.find(({ row }) => row.test(name))?.reason ?? null
