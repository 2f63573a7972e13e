/** The limits of the engine. Bytes are bytes of memory, estimated as closely as possible. */
export type CollectLimits = {
  /**
   * Open at once. Beyond it the oldest unknown sender goes; when all are known, the oldest of an address that holds
   * more than a quarter of them, or the new one is refused. The process needs as many file descriptors and some more.
   */
  readonly connections: number
  /** Connections of unknown senders from one address (a /64 of IPv6); known agents are not counted. */
  readonly unknownPerAddress: number
  /** Connections of known senders for one host; beyond it the oldest goes. */
  readonly knownPerHost: number
  /** A sender has this long to give the passphrase, whatever else it sends. */
  readonly unknownMs: number
  /** Longest packet of the original's dialect. */
  readonly legacyBytes: number
  /** Lines of CSV are complete when nothing has followed the last of them for this long. */
  readonly csvQuietMs: number
  /** A connection on which data is expected, and that sends nothing for this long, is closed. */
  readonly silenceMs: number
  /** So is a known agent's that rests between two batches, without a word. */
  readonly idleMs: number
  /** A message that takes longer than `slowMs` must have come at `slowBytesPerSecond` on average. */
  readonly slowMs: number
  readonly slowBytesPerSecond: number
  /**
   * Bytes in unfinished messages of all known senders; above this, only the largest message and small ones
   * are read on.
   */
  readonly heldBytes: number
  /** The same of the unknown ones, who are in no known one's way. */
  readonly unknownHeldBytes: number
  /** A connection that holds less than this is read whatever the others hold. */
  readonly smallBytes: number
  /** The one that is read on has this long to be complete while others wait; then it is refused. */
  readonly leaderMs: number
  /** An unfinished message that had to wait this long for memory is refused. */
  readonly memoryWaitMs: number
  /** Reports that wait for storage: nothing more is read from this on, until half of it is stored. */
  readonly pendingBytes: number
  /** At most this much in one commit. */
  readonly commitReports: number
  readonly commitBytes: number
  /** After the last answer the other side has this long to hang up. */
  readonly lingerMs: number
  /** How long stopping waits for what was received. */
  readonly stopMs: number
}

export const DEFAULT_LIMITS: CollectLimits = {
  connections: 16_384,
  unknownPerAddress: 512,
  knownPerHost: 64,
  unknownMs: 30_000,
  legacyBytes: 128 * 1024 * 1024,
  csvQuietMs: 3000,
  silenceMs: 30_000,
  idleMs: 2 * 3600_000,
  slowMs: 60_000,
  slowBytesPerSecond: 1024,
  heldBytes: 8 * 1024 * 1024,
  unknownHeldBytes: 8 * 1024 * 1024,
  smallBytes: 8 * 1024,
  leaderMs: 20_000,
  memoryWaitMs: 60_000,
  pendingBytes: 2 * 1024 * 1024,
  commitReports: 1500,
  commitBytes: 2 * 1024 * 1024,
  lingerMs: 5000,
  stopMs: 3000,
}

/** Agents get this part of what the process may open: the website has a quarter, and files need some. */
const SHARE = 5 / 8

/** As many connections as there is room for; `descriptors` is null where nothing bounds them. */
export const fitConnections = (descriptors: number | null): Pick<CollectLimits, 'connections'> => ({
  connections: Math.min(
    DEFAULT_LIMITS.connections,
    Math.floor((descriptors ?? Number.POSITIVE_INFINITY) * SHARE),
  ),
})
