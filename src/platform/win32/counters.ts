import type { Log } from '../../lib/log.ts'
import { openSystemLibrary, toWide, viewOf } from './library.ts'

/** One counter as Windows counts, not as it shows it. What the two values are depends on its type. */
export type RawCounter = { readonly first: bigint; readonly second: bigint }

/** By English path; null where Windows has no such counter. */
export type RawCounters = ReadonlyMap<string, RawCounter | null>

export type CounterQuery = {
  /** One look at these counters and no others. */
  read(paths: readonly string[]): RawCounters
  close(): void
}

/** A counter that Windows lacks is tried again after this many readings: `lodctr /R` may have repaired it. */
const ASK_AGAIN_AFTER = 60

/**
 * Performance counters (PDH) in a query that stays open. On some machines they are disabled or their
 * registration is damaged: a missing one is logged once for each kind, and is null from then on.
 */
export function openCounterQuery(log: Log, pdh: Pdh = openPdh()): CounterQuery {
  const handles = new Map<string, bigint>()
  /** By path the look at which it is asked for again. */
  const missing = new Map<string, number>()
  const logged = new Set<string>()
  let query: bigint | null = null
  let looks = 0

  function miss(path: string, status: number) {
    missing.set(path, looks + ASK_AGAIN_AFTER)
    const kind = /^\\[^(\\]+/.exec(path)?.[0] ?? path
    if (logged.has(kind)) return
    logged.add(kind)
    log.warn('Windows does not offer a performance counter: what it tells is left out', {
      counter: path,
      status: `0x${status.toString(16)}`,
    })
  }

  /** Drives come and go; a counter of one that is gone is dropped. */
  function hold(paths: readonly string[]) {
    for (const [path, handle] of handles)
      if (!paths.includes(path)) {
        pdh.removeCounter(handle)
        handles.delete(path)
      }
    for (const path of paths) {
      if (handles.has(path) || (missing.get(path) ?? 0) > looks) continue
      const opened = query ?? pdh.openQuery()
      if (typeof opened === 'number') return miss(path, opened)
      query = opened
      const added = pdh.addCounter(query, path)
      if (typeof added === 'number') miss(path, added)
      else handles.set(path, added)
    }
  }

  function readOne(path: string): RawCounter | null {
    const handle = handles.get(path)
    if (handle === undefined) return null
    const found = pdh.readRaw(handle)
    if (typeof found !== 'number') return found
    pdh.removeCounter(handle)
    handles.delete(path)
    miss(path, found)
    return null
  }

  return {
    read(paths) {
      looks++
      hold(paths)
      if (query !== null && handles.size > 0) pdh.collect(query)
      return new Map(paths.map((path) => [path, readOne(path)]))
    },
    close() {
      if (query !== null) pdh.closeQuery(query)
      query = null
      handles.clear()
    },
  }
}

/** The calls into pdh.dll. Where a number comes back instead of what was asked for, it is the PDH_STATUS. */
export type Pdh = {
  openQuery(): bigint | number
  addCounter(query: bigint, path: string): bigint | number
  /** One that fails leaves its mark in each counter. */
  collect(query: bigint): void
  readRaw(counter: bigint): RawCounter | number
  removeCounter(counter: bigint): void
  /** And all its counters. */
  closeQuery(query: bigint): void
}

export function openPdh(): Pdh {
  const pdh = openSystemLibrary('pdh.dll', {
    // PDH_STATUS PdhOpenQueryW(LPCWSTR source, DWORD_PTR user, PDH_HQUERY *query)
    PdhOpenQueryW: { args: ['ptr', 'u64', 'ptr'], returns: 'u32' },
    // PDH_STATUS PdhAddEnglishCounterW(PDH_HQUERY query, LPCWSTR path, DWORD_PTR user, PDH_HCOUNTER *counter)
    PdhAddEnglishCounterW: { args: ['i64', 'ptr', 'u64', 'ptr'], returns: 'u32' },
    // PDH_STATUS PdhRemoveCounter(PDH_HCOUNTER counter)
    PdhRemoveCounter: { args: ['i64'], returns: 'u32' },
    // PDH_STATUS PdhCollectQueryData(PDH_HQUERY query)
    PdhCollectQueryData: { args: ['i64'], returns: 'u32' },
    // PDH_STATUS PdhGetRawCounterValue(PDH_HCOUNTER counter, LPDWORD type, PPDH_RAW_COUNTER value)
    PdhGetRawCounterValue: { args: ['i64', 'ptr', 'ptr'], returns: 'u32' },
    // PDH_STATUS PdhCloseQuery(PDH_HQUERY query)
    PdhCloseQuery: { args: ['i64'], returns: 'u32' },
  })
  const handleOr = (status: number, handle: BigInt64Array) => (status === 0 ? (handle[0] ?? 0n) : status)
  return {
    openQuery() {
      const handle = new BigInt64Array(1)
      return handleOr(pdh.PdhOpenQueryW(null, 0n, handle), handle)
    },
    addCounter(query, path) {
      const handle = new BigInt64Array(1)
      return handleOr(pdh.PdhAddEnglishCounterW(query, toWide(path), 0n, handle), handle)
    },
    collect(query) {
      pdh.PdhCollectQueryData(query)
    },
    readRaw(counter) {
      const type = new Uint32Array(1)
      const value = new Uint8Array(PDH_RAW_COUNTER.size)
      const status = pdh.PdhGetRawCounterValue(counter, type, value)
      if (status !== 0) return status
      const view = viewOf(value)
      const own = view.getUint32(PDH_RAW_COUNTER.CStatus, true)
      if (own > PDH_CSTATUS_NEW_DATA) return own
      return {
        first: view.getBigInt64(PDH_RAW_COUNTER.FirstValue, true),
        second: view.getBigInt64(PDH_RAW_COUNTER.SecondValue, true),
      }
    },
    removeCounter(counter) {
      pdh.PdhRemoveCounter(counter)
    },
    closeQuery(query) {
      pdh.PdhCloseQuery(query)
    },
  }
}

/** 0 is valid data, 1 valid and new; all others are failures. */
const PDH_CSTATUS_NEW_DATA = 1

/**
 * pdh.h: DWORD CStatus, FILETIME TimeStamp (two DWORDs), LONGLONG FirstValue, LONGLONG SecondValue, DWORD
 * MultiCount.
 */
export const PDH_RAW_COUNTER = { size: 40, CStatus: 0, FirstValue: 16, SecondValue: 24 } as const
