import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'

/** Where bytes of a backup go, in order. */
export type Sink = {
  write(bytes: Uint8Array): void
  /** Everything is on the disk afterwards. */
  end(): void
}

/** Where bytes of a backup come from, in order. */
export type Source = {
  /** Exactly this many bytes; throws when there are fewer. */
  read(count: number): Uint8Array
  /** True when nothing is left. */
  isAtEnd(): boolean
}

/** Bytes that are read or written at a time. */
export const PIECE = 1024 * 1024

/** Writes to an open file, which stays open. */
export function fileSink(file: number): Sink {
  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    },
    end: () => fsyncSync(file),
  }
}

/** Reads an open file from where it stands. `name` is for errors. */
export function fileSource(file: number, name: string): Source {
  let ahead = new Uint8Array(0)
  function fill(count: number) {
    while (ahead.length < count) {
      const piece = new Uint8Array(Math.max(PIECE, count - ahead.length))
      const found = readSync(file, piece)
      if (found === 0) return
      const joined = new Uint8Array(ahead.length + found)
      joined.set(ahead)
      joined.set(piece.subarray(0, found), ahead.length)
      ahead = joined
    }
  }
  return {
    read(count) {
      fill(count)
      if (ahead.length < count) throw new Error(`${name} ends too early: it is only part of a backup`)
      const bytes = ahead.subarray(0, count)
      ahead = ahead.subarray(count)
      return bytes
    },
    isAtEnd() {
      fill(1)
      return ahead.length === 0
    },
  }
}

/** Opens a file for as long as `act` runs. */
export function withFile<T>(path: string, flags: string, act: (file: number) => T): T {
  const file = openSync(path, flags, 0o600)
  try {
    return act(file)
  } finally {
    closeSync(file)
  }
}
