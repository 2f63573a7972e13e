import { ptr } from 'bun:ffi'
import { openSystemLibrary, toWide } from './library.ts'

// A thread of its own for the service manager: it is gone for as long as the service lives. Told to begin by
// service-entry.ts, which it answers only when Windows refuses.
declare const self: Worker

type ServiceOrder = {
  readonly name: string
  /** Address of ServiceMain. */
  readonly main: number
}

self.onmessage = ({ data: { name, main } }: MessageEvent<ServiceOrder>) => {
  const kernel = openSystemLibrary('kernel32.dll', { GetLastError: { args: [], returns: 'u32' } })
  const advapi = openSystemLibrary('advapi32.dll', {
    // BOOL StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table)
    StartServiceCtrlDispatcherW: { args: ['ptr'], returns: 'i32' },
  })
  // winsvc.h: entries of LPWSTR lpServiceName and LPSERVICE_MAIN_FUNCTIONW lpServiceProc; one of zeros ends
  // them.
  const wideName = toWide(name)
  const table = new BigUint64Array([BigInt(ptr(wideName)), BigInt(main), 0n, 0n])
  if (advapi.StartServiceCtrlDispatcherW(table) === 0) self.postMessage(kernel.GetLastError())
}
