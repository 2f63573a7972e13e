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
      'Profile: half is SQLite reading 1825 chunks, each on a page of its own; ' +
      'less needs summaries that lie together, by months',
  },
  {
    benchmark: 'storage',
    row: /^highest resident memory while ingesting/,
    reason:
      '146 to 152 MiB from run to run: the heap between two collections, and pages of the executable (40). Commits of up to 1500 reports in ' +
      'place of 2000 made it 151 in place of 152',
  },
  {
    benchmark: 'storage',
    row: /^disk after db compact/,
    reason:
      'The made data contain 0.69 bytes of chance a sample, their values take 0.72, summaries and checksums 0.03, and 85 tables and indexes ' +
      'of at least 4 KiB, with what is known of 1000 hosts, 0.13. Over whole days it is 0.84 against 0.93',
  },
  {
    benchmark: 'recorded',
    row: /^disk, 67 metrics/,
    reason:
      'Of 0.51 bytes 0.45 are chunks, 16 % less than before chunks referred to others of their host; 0.05 are 85 tables and indexes of at ' +
      'least 4 KiB, and what is known of the hosts',
  },
  {
    benchmark: 'outage',
    row: /: resident memory when it is back/,
    reason:
      'The heap is what it was; 8 MiB are the cache of SQLite, which is full from then on, and 2 the buffers that are kept to be used again',
  },
  {
    benchmark: 'agent',
    row: /^processor time of a cycle once a second, sampled/,
    reason:
      'Side by side with the build before (2.74 to 3.25 ms) a cycle takes 2.04 to 2.34 ms, since what changes slowly is read each ten seconds. ' +
      'Probes are 0.55 ms of it, the queue 0.25, sending and the answer 0.35, thresholds and frame 0.1, two wakes and what lies around 0.3, ' +
      'garbage 0.1. After a second the caches of the processor have forgotten code and data, so that the parts of a cycle take two to three ' +
      'times what they take in a loop; compiling them changes nothing',
  },
  {
    benchmark: 'agent',
    row: /^processor time of a cycle once a minute/,
    reason:
      'Beside a run of all tests. Each minute by itself it took 2.6 to 3.1 ms on a busy machine, and 5 to 6 in those in which garbage is collected or ' +
      'the facts of the machine are read. A program that waits in the same way, reads 13 files, adds a row to SQLite and sends 700 bytes takes 1.15',
  },
  {
    benchmark: 'agent',
    row: /^the same with 20 containers and 20 checks/,
    reason:
      'Beside a run of all tests. Besides the cycle, 20 checks are 20 new connections of 0.27 ms each (0.06 to 0.15 in a ' +
      'loop, where they are in the caches), and 20 containers some 25 requests to the engine, 3.4 ms. The profile is flat, 60 % Bun and 40 % the ' +
      'kernel. Before, each check woke the process by itself: 35 ms',
  },
  {
    benchmark: 'agent',
    row: /^resident memory of the agent/,
    reason:
      'Of 35 MiB 23 are pages of the executable, which are the kernel’s cache and are given back every 30 cycles; 11 are ours: ' +
      '6 the heap of the interpreter, the rest what Bun and SQLite have allocated beside it',
  },
  {
    benchmark: 'crowd',
    row: /resident memory, spread/,
    reason:
      'Bun’s own 10,000 connections with TLS and an empty handler take 60 MiB (6.1 KiB each, 1.8 of them without TLS; no less with ' +
      'lowMemoryMode, no more when 2500 come at once), this program with none 33; of the rest 9 are our objects of a connection ' +
      '(0.9 KiB), 4 what is remembered of a host, and up to 30 pages of the executable that the last minute has needed',
  },
  {
    benchmark: 'soak',
    row: /resident memory in the last hour/,
    reason:
      'No leak: after a collection the heap had 8.1, 7.7, 8.7, 9.4 and 8.8 MB in the hours 1, 2, 13, 24 and 35, of the same classes. ' +
      'The first hour is before the first compaction and before the caches of SQLite (twice 8 MB) are full: 86 MiB, then 103 to 141',
  },
  {
    benchmark: 'waits',
    row: /50 clients that ask for pages and hang up/,
    reason:
      'It was 28.7 s before requests took turns. In three runs the longest was 64, 130 and 345 ms and the middle one 8; the last with one request at ' +
      'a time between two looks at sockets, so that it is not two pages after each other. No profile was made yet',
  },
]

export const findReason = (benchmark: string, name: string): string | null =>
  REASONS.find((one) => one.benchmark === benchmark && one.row.test(name))?.reason ?? null
