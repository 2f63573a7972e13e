import type { LogFields, LogLevel } from '../../lib/log.ts'
import type { OpenStoreOptions } from '../database/open.ts'
import type { StorageSums } from '../maintenance/storage-sums.ts'
import type { Store } from '../ports/store.ts'
import type { Damage } from '../timeseries/damage.ts'
import type { PackedOutages, PackedSpans } from './packed-outages.ts'

/** Reads that may take tens of milliseconds of processor time, and therefore run on a thread of their own. */
export type SlowReads = StorageSums & {
  readonly listHosts: Store['hosts']['list']
  readonly listEvents: Store['events']['list']
  readonly countBySeverity: Store['events']['countBySeverity']
  readonly listOutages: (spans: PackedSpans, from: number, to: number) => Promise<PackedOutages>
  readonly range: Store['samples']['range']
  readonly ranges: Store['samples']['ranges']
  readonly summarize: Store['samples']['summarize']
  readonly listAudit: Store['audit']['list']
}

export type ReadName = keyof SlowReads

/** The database that the thread opens, with its own connections. */
export type ThreadDatabase = { readonly url: string } & Pick<OpenStoreOptions, 'dataDir' | 'server'>

/**
 * To the thread: first the database, then reads. A read has one of `givenUp`'s places while it runs; a 1
 * there means that its result is not wanted any more. It is in memory that both threads share, because the
 * thread receives no message while it reads.
 */
export type ReadOrder =
  | { readonly open: ThreadDatabase; readonly givenUp: Int32Array }
  | {
      readonly id: number
      readonly place: number
      readonly name: ReadName
      readonly values: readonly unknown[]
    }
  | { readonly close: true }

/** From the thread. */
export type ReadAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly problem: string }
  | { readonly damage: Damage }
  | { readonly isClosed: true }
  | { readonly log: LogLevel; readonly message: string; readonly fields: LogFields }
