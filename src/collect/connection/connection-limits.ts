/** What the engine bears with. Bytes are bytes of memory, as near as they can be told. */
export type CollectLimits = {
  /**
   * Open at once. Beyond it the oldest unknown sender goes; when all are known, the new one is refused. The
   * process needs as many file descriptors and some more.
   */
  readonly connections: number
  /** Connections of unknown senders from one address (a /64 of IPv6); known agents are not counted. */
  readonly unknownPerAddress: number
  /** A sender has this long to say the passphrase, whatever else it sends. */
  readonly unknownMs: number
  /** Longest packet of the original's dialect. */
  readonly legacyBytes: number
  /** Lines of CSV are complete when nothing has followed the last of them for so long. */
  readonly csvQuietMs: number
  /** A connection that has to say something, and says nothing for this long, is closed. */
  readonly silenceMs: number
  /** So is a known agent's that rests between two batches, without a word. */
  readonly idleMs: number
  /** A message that takes longer than `slowMs` must have come at `slowBytesPerSecond` on average. */
  readonly slowMs: number
  readonly slowBytesPerSecond: number
  /** Unfinished messages over all connections: beyond it only the largest is read on, and small ones. */
  readonly heldBytes: number
  /** A connection that holds less than this is read whatever the others hold. */
  readonly smallBytes: number
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
  unknownMs: 30_000,
  legacyBytes: 128 * 1024 * 1024,
  csvQuietMs: 3000,
  silenceMs: 30_000,
  idleMs: 2 * 3600_000,
  slowMs: 60_000,
  slowBytesPerSecond: 1024,
  heldBytes: 16 * 1024 * 1024,
  smallBytes: 8 * 1024,
  memoryWaitMs: 60_000,
  pendingBytes: 3 * 1024 * 1024,
  commitReports: 1000,
  commitBytes: 2 * 1024 * 1024,
  lingerMs: 5000,
  stopMs: 3000,
}
