import type { MaintenanceCalendar, MaintenanceWindow } from '../time/maintenance-window.ts'
import { type Host, hostStatus } from './host.ts'

export const HOST_STATES = ['up', 'down', 'maintenance', 'new'] as const

/**
 * How a host is, for all pages: in maintenance whatever else, `new` while its agent has been seen but no value has come,
 * else up or down.
 */
export type HostState = (typeof HOST_STATES)[number]

export type StateOfHost = {
  readonly state: HostState
  /** Silent for too long, in maintenance too: its values are old. */
  readonly isDown: boolean
  /** The window that it is in, and when that ends. */
  readonly maintenance: { readonly window: MaintenanceWindow; readonly ends: number } | null
}

export function stateOfHost(
  host: Pick<Host, 'name' | 'lastSeen' | 'latestTime'>,
  calendar: MaintenanceCalendar,
  { now, silence }: { readonly now: number; readonly silence: number },
): StateOfHost {
  const maintenance = calendar.at(host.name, now)
  const status = hostStatus(host, now, silence)
  const isDown = status === 'down'
  const state = maintenance !== null ? 'maintenance' : isDown ? 'down' : host.latestTime === 0 ? 'new' : 'up'
  return { state, isDown, maintenance }
}
