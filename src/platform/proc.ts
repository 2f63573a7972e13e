/**
 * The kernel's text files under a root that a test can replace. Paths are absolute (`/proc/stat`, `/sys/block`).
 */
export type ProcFs = {
  /** Throws when the file can't be read. */
  readText(path: string): string
  /** Null when the file or folder is not there; throws on other failures. */
  readTextIfThere(path: string): string | null
  /** Names in a folder; empty when it is not there. */
  list(path: string): string[]
  /**
   * Space of the filesystem mounted at `path`, as statfs(2) gives it; null when it did not answer within a second (a dead
   * network mount), and then not asked again until that call has come back.
   */
  statfs(path: string): Promise<StatFs | null>
}

export type StatFs = {
  readonly blockSize: number
  readonly blocks: number
  readonly blocksFree: number
  /** Free to users other than root. */
  readonly blocksAvailable: number
  readonly files: number
  readonly filesFree: number
}
