import { ptr } from 'bun:ffi'
import { HKEY_LOCAL_MACHINE, openSystemLibrary, toWide } from './library.ts'

/**
 * Writes errors to the event log Application, under the name of the service. Never throws: the log file has
 * them, too.
 */
export function openEventLog(source: string): { reportError(text: string): void } {
  const advapi = openSystemLibrary('advapi32.dll', {
    // HANDLE RegisterEventSourceW(LPCWSTR server, LPCWSTR source)
    RegisterEventSourceW: { args: ['ptr', 'ptr'], returns: 'i64' },
    // BOOL ReportEventW(HANDLE log, WORD type, WORD category, DWORD event, PSID user, WORD strings, DWORD
    // bytes, LPCWSTR *strings, LPVOID data)
    ReportEventW: {
      args: ['i64', 'u16', 'u16', 'u32', 'ptr', 'u16', 'u32', 'ptr', 'ptr'],
      returns: 'i32',
    },
    // BOOL DeregisterEventSource(HANDLE log)
    DeregisterEventSource: { args: ['i64'], returns: 'i32' },
  })
  return {
    reportError(text) {
      const log = advapi.RegisterEventSourceW(null, toWide(source))
      if (log === 0n) return
      const wide = toWide(text.slice(0, MAX_CHARACTERS))
      const strings = new BigUint64Array([BigInt(ptr(wide))])
      advapi.ReportEventW(log, EVENTLOG_ERROR_TYPE, 0, EVENT_ID, null, 1, 0, strings, null)
      advapi.DeregisterEventSource(log)
    },
  }
}

/** ReportEvent takes 31,839 characters at most. */
const MAX_CHARACTERS = 30_000
const EVENTLOG_ERROR_TYPE = 1
/** Messages 1 to 1000 of the file below contain only the text. */
const EVENT_ID = 1

/** Windows' own program with a table of messages that are nothing but the text they are given. */
const MESSAGE_FILE = '%SystemRoot%\\System32\\EventCreate.exe'

const keyOf = (source: string) => `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${source}`

/**
 * Tells the event viewer where the words of our events are, without which it complains in front of each; for
 * administrators.
 */
export function openEventSources(): { register(source: string): void; forget(source: string): void } {
  const advapi = openSystemLibrary('advapi32.dll', {
    // LSTATUS RegSetKeyValueW(HKEY key, LPCWSTR subkey, LPCWSTR name, DWORD type, LPCVOID data, DWORD bytes);
    // makes the subkey
    RegSetKeyValueW: { args: ['i64', 'ptr', 'ptr', 'u32', 'ptr', 'u32'], returns: 'i32' },
    // LSTATUS RegDeleteKeyW(HKEY key, LPCWSTR subkey)
    RegDeleteKeyW: { args: ['i64', 'ptr'], returns: 'i32' },
  })
  return {
    register(source) {
      const set = (name: string, type: number, data: Uint8Array) =>
        advapi.RegSetKeyValueW(
          HKEY_LOCAL_MACHINE,
          toWide(keyOf(source)),
          toWide(name),
          type,
          data,
          data.length,
        )
      set('EventMessageFile', REG_EXPAND_SZ, toWide(MESSAGE_FILE))
      // Errors, warnings, information.
      set('TypesSupported', REG_DWORD, new Uint8Array([7, 0, 0, 0]))
    },
    forget(source) {
      advapi.RegDeleteKeyW(HKEY_LOCAL_MACHINE, toWide(keyOf(source)))
    },
  }
}

const REG_EXPAND_SZ = 2
const REG_DWORD = 4
