import { JSCallback } from 'bun:ffi'
import { describeFailure, openSystemLibrary, toWide, viewOf } from './library.ts'

/** The state of a service for the service manager. */
export type ServiceReport = {
  readonly state: 'starting' | 'running' | 'stopping' | 'stopped'
  /** Milliseconds after which the manager may take a state that is to pass for hanging. */
  readonly waitHintMs?: number
  /** Of a service that has stopped; 0 is a sound end. */
  readonly exitCode?: number
}

export type ServiceEntry = {
  report(report: ServiceReport): void
  /**
   * Callbacks that Windows may call while the service lives; referenced here, so that the garbage collector
   * keeps them.
   */
  readonly callbacks: readonly JSCallback[]
}

export type StopReason = 'stop' | 'shutdown'

/**
 * Makes this process the service of that name; `worker` runs service-worker.ts. Resolves when the service
 * manager has taken it as one and knows that it is starting; rejects when the manager did not start us.
 * `onStop` is called when the service is to stop, perhaps more than once.
 *
 * Windows wants a thread that it may keep for as long as the service lives (StartServiceCtrlDispatcher
 * returns at the end) and calls us back on threads of its own. So a worker is given away, and both callbacks
 * are of the kind that is passed on to our thread; others would hang. They answer Windows with 0 at once,
 * which is NO_ERROR.
 */
export function enterService(
  name: string,
  worker: Worker,
  onStop: (reason: StopReason) => void,
): Promise<ServiceEntry> {
  const advapi = openSystemLibrary('advapi32.dll', {
    // SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerExW(LPCWSTR name, LPHANDLER_FUNCTION_EX handler, LPVOID
    // context)
    RegisterServiceCtrlHandlerExW: { args: ['ptr', 'ptr', 'ptr'], returns: 'i64' },
    // BOOL SetServiceStatus(SERVICE_STATUS_HANDLE handle, LPSERVICE_STATUS status)
    SetServiceStatus: { args: ['i64', 'ptr'], returns: 'i32' },
  })
  const { promise, resolve, reject } = Promise.withResolvers<ServiceEntry>()

  // DWORD HandlerEx(DWORD control, DWORD eventType, LPVOID eventData, LPVOID context)
  const handler = new JSCallback(
    (control: number) => {
      if (control === SERVICE_CONTROL_STOP) onStop('stop')
      else if (control === SERVICE_CONTROL_SHUTDOWN) onStop('shutdown')
    },
    { args: ['u32', 'u32', 'ptr', 'ptr'], returns: 'u32', threadsafe: true },
  )
  // void ServiceMain(DWORD count, LPWSTR *arguments)
  const main = new JSCallback(
    () => {
      const handle = advapi.RegisterServiceCtrlHandlerExW(toWide(name), handler.ptr, null)
      if (handle === 0n) return reject(new Error('RegisterServiceCtrlHandlerEx failed'))
      const entry: ServiceEntry = {
        report(report) {
          advapi.SetServiceStatus(handle, encodeStatus(report))
        },
        callbacks: [main, handler],
      }
      entry.report({ state: 'starting', waitHintMs: START_HINT_MS })
      resolve(entry)
    },
    { args: ['u32', 'ptr'], returns: 'void', threadsafe: true },
  )

  worker.onmessage = ({ data }: MessageEvent<number>) =>
    reject(describeFailure('StartServiceCtrlDispatcher', data))
  worker.onerror = ({ message }) => reject(new Error(`the thread for the service manager failed: ${message}`))
  worker.postMessage({ name, main: Number(main.ptr) })
  return promise
}

/** A database that is checked at the start takes its time. */
const START_HINT_MS = 60_000

const SERVICE_CONTROL_STOP = 1
const SERVICE_CONTROL_SHUTDOWN = 5
const SERVICE_WIN32_OWN_PROCESS = 0x10
const SERVICE_ACCEPT_STOP = 0x1
const SERVICE_ACCEPT_SHUTDOWN = 0x4
const ERROR_SERVICE_SPECIFIC_ERROR = 1066
const STATES = { stopped: 1, starting: 2, stopping: 3, running: 4 } as const

/**
 * winsvc.h: DWORDs dwServiceType, dwCurrentState, dwControlsAccepted, dwWin32ExitCode,
 * dwServiceSpecificExitCode, dwCheckPoint, dwWaitHint.
 */
export const SERVICE_STATUS = { size: 28, dwCurrentState: 4, dwWaitHint: 24 } as const

/** As SetServiceStatus takes it. */
export function encodeStatus({ state, waitHintMs = 0, exitCode = 0 }: ServiceReport): Uint8Array {
  const status = new Uint8Array(SERVICE_STATUS.size)
  const view = viewOf(status)
  const fields = [
    SERVICE_WIN32_OWN_PROCESS,
    STATES[state],
    state === 'running' ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0,
    exitCode === 0 ? 0 : ERROR_SERVICE_SPECIFIC_ERROR,
    exitCode,
    0,
    waitHintMs,
  ]
  for (const [i, field] of fields.entries()) view.setUint32(4 * i, field, true)
  return status
}
