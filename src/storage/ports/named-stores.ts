import type { Rule } from '../../domain/notifications/rule.ts'
import type { Target } from '../../domain/notifications/target.ts'
import type { MaintenanceWindow } from '../../domain/time/maintenance-window.ts'

/** Ports to what people name: who is notified of which events, where, and when not. Features take them from `store.ts`. */

/**
 * In the order of their names. Names are unique in their kind: null and 'taken' mean that another one has the
 * name.
 */
export type NamedStore<T extends { readonly id: number }> = {
  list(): Promise<T[]>
  find(id: number): Promise<T | null>
  /** The id; null when the name is taken. */
  add(one: Omit<T, 'id'>): Promise<number | null>
  /**
   * `outdated`, with nothing changed, when `isKnown` is false for what is stored: another user has changed it
   * since the caller read it.
   */
  update(one: T, isKnown?: (current: T) => boolean): Promise<'updated' | 'unknown' | 'taken' | 'outdated'>
}

export type RuleStore = NamedStore<Rule> & {
  /** Its waiting notifications are still sent; false when there is none. */
  delete(id: number): Promise<boolean>
}

export type MaintenanceWindowStore = NamedStore<MaintenanceWindow> & { delete(id: number): Promise<boolean> }

/** Rules that use a target follow when it is renamed. */
export type TargetStore = NamedStore<Target> & {
  delete(id: number): Promise<'deleted' | 'unknown' | 'used'>
}
