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
    benchmark: 'storage',
    row: /^disk after db compact/,
    reason:
      'The made data contain 0.69 bytes of chance a sample, their values take 0.72, summaries and checksums 0.03, and 97 pages of 8 KiB, ' +
      'one for each table and index, with what is known of 1000 hosts 0.23. Over whole days it is 0.86 against 0.94',
  },
  {
    benchmark: 'recorded',
    row: /^disk, 67 metrics/,
    reason:
      'Of 0.65 bytes 0.53 are chunks; 0.11 are 96 pages of 8 KiB, one for each table and index, and what is known of the hosts. 13 % of the chunks ' +
      'say what another metric of the host says (bytes of all devices and of the only one, memory used and available): a chunk that ' +
      'refers to another one would save them, at a second row to read',
  },
  {
    benchmark: 'outage',
    row: /17 million samples\): resident memory/,
    reason:
      'The figure before the outage fell from 81 to 57 MiB, because a server gives back what only its start needed; a minute later it was 99 MiB and is 77',
  },
  {
    benchmark: 'agent',
    row: /^processor time of a cycle once a second, sampled/,
    reason:
      'Profile: 63 % is Bun running our code, most of it in its interpreter, because so little work does not pay for compiling, ' +
      '32 % the kernel with 107 calls (183 before); the idle program alone takes a tenth of it',
  },
  {
    benchmark: 'agent',
    row: /^processor time of a cycle once a minute|^the same with 20 containers and 20 checks/,
    reason:
      'Bun wakes each second for as long as a connection is open, to look for sockets that are overdue: in a minute that takes more than the goal, ' +
      'and an idle program of Bun more than this agent; the 20 checks run once a minute, so all of them are in each such cycle',
  },
  {
    benchmark: 'agent',
    row: /^resident memory of the agent once a second/,
    reason:
      'Of 38 MiB 24 are pages of the executable, which are the kernel’s cache and are given back every 15 cycles; 14 are ours: ' +
      '6 the heap of the interpreter, of which 2 are gaps, the rest what Bun and SQLite have allocated beside it',
  },
  {
    benchmark: 'crowd',
    row: /resident memory/,
    reason:
      'A connection with TLS takes 19 KiB more than one without, which are BoringSSL’s and not ours: 190 MiB of 10,000',
  },
]

export const findReason = (benchmark: string, name: string): string | null =>
  REASONS.find((one) => one.benchmark === benchmark && one.row.test(name))?.reason ?? null
