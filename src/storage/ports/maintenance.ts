export type StorageStats = {
  readonly hosts: number
  readonly metrics: number
  readonly samples: number
  readonly frames: number
  readonly blocks: number
  /** All files of the database. */
  readonly bytes: number
}

/** Samples of one host, in frames and blocks. */
export type HostShare = { readonly host: string; readonly samples: number }

/** The newest copy that `backup` wrote, wherever it is now. */
export type BackupNote = { readonly time: number; readonly file: string }

/** The result of one step of retention, in frames and host-days, and whether anything older is left. */
export type DroppedSamples = { readonly frames: number; readonly blocks: number; readonly isLeft: boolean }

/** A host that retention removed, and the amounts that were removed with it. */
export type DroppedHost = {
  readonly host: string
  readonly lastSeen: number
  readonly samples: number
  readonly events: number
}

/** What the disk of the database did not write, since this process began. */
export type DiskFailures = {
  readonly count: number
  /** The newest: seconds since 1970 and its words. */
  readonly last: { readonly time: number; readonly words: string } | null
  /** False until everything that was in question is known to be on disk. */
  readonly isOver: boolean
}

export type MaintenanceStore = {
  /**
   * Compacts frames older than `before` into blocks, at most `limit` host-days, in short transactions.
   * Resolves with the number of host-days compacted: fewer than `limit` means that nothing is left.
   */
  compact(before: number, limit: number): Promise<number>
  /**
   * Makes samples of at most `limit` of the waiting frames up to the time `until`. Resolves with their
   * number: fewer than `limit` means that nothing is left.
   */
  admitWaiting(until: number, limit: number): Promise<number>
  /** Drops samples older than `before` (whole blocks; frames by time), a bounded piece at a time. */
  dropSamples(before: number): Promise<DroppedSamples>
  /**
   * Drops at most `limit` of the closed events that closed before, the oldest first; how many. Goes in small pieces and rests
   * between them for longer than they take, so ten thousand may need a minute. Ends early once `isOver` is true.
   */
  dropEvents(before: number, limit: number, isOver?: () => boolean): Promise<number>
  /**
   * Time of the oldest sample, to the day where it is in a block, and the time up to which samples are known
   * to have been taken: that of the middle one of the hosts that reported lately, so that no single clock
   * decides it. Null when there is none.
   */
  findSampleTimes(): Promise<{ oldest: number | null; newest: number | null }>
  /**
   * Drops at most `limit` of the hosts not seen since, with all they have, those that are silent for longest
   * first. Goes as `dropEvents` does where a host has many closed events, and ends early once `isOver` is true: a host
   * that has lost some of them then waits for another time.
   */
  dropHosts(before: number, limit: number, isOver?: () => boolean): Promise<DroppedHost[]>
  stats(): Promise<StorageStats>
  /** The hosts with the most samples, most first. Reads as much as `stats` does. */
  listLargestHosts(limit: number): Promise<HostShare[]>
  /** Problems found in the database, as sentences; empty when it is sound. Reads everything. */
  check(): Promise<string[]>
  /**
   * Writes a consistent copy without stopping other work, and notes its time and file. The file must not
   * exist yet.
   */
  backup(file: string, notedAs?: string): Promise<void>
  /** Null when there was none yet. */
  findLastBackup(): Promise<BackupNote | null>
  /** Gives free pages back to the filesystem. */
  reclaim(): Promise<void>
  /** Of a database in a file. Those of a database server are its own. */
  diskFailures(): DiskFailures
  /** Throws when the database can't be read or written just now. */
  ping(): Promise<void>
}
