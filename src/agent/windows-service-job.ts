import type { Win32 } from '../platform/win32.ts'
import { type BackgroundJob, nameSome } from './background-result.ts'

const STOPPED = 'perf.services.stopped'

export type WindowsServiceOptions = {
  readonly win32: Pick<Win32, 'listStoppedServices'>
  readonly intervalMs: number
}

/** Services of Windows that should run and do not. The event names them. */
export function createWindowsServiceJob({ win32, intervalMs }: WindowsServiceOptions): BackgroundJob {
  return {
    name: 'services',
    intervalMs,
    timeoutMs: intervalMs,
    async run() {
      const stopped = win32.listStoppedServices()
      const reasons = new Map(stopped.length === 0 ? [] : [[STOPPED, nameSome([...stopped].sort())]])
      return { samples: [{ metric: STOPPED, value: stopped.length }], reasons, failure: null }
    },
    fail: (failure) => ({ samples: [], reasons: new Map(), failure }),
  }
}
