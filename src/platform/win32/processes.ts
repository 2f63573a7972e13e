import { describeFailure, openSystemLibrary, readWide, viewOf } from './library.ts'

/** File names of all programs that run. */
export function openProcessList(lastError: () => number): () => string[] {
  const kernel = openSystemLibrary('kernel32.dll', {
    // HANDLE CreateToolhelp32Snapshot(DWORD flags, DWORD process)
    CreateToolhelp32Snapshot: { args: ['u32', 'u32'], returns: 'i64' },
    // BOOL Process32FirstW(HANDLE snapshot, LPPROCESSENTRY32W entry), and Next
    Process32FirstW: { args: ['i64', 'ptr'], returns: 'i32' },
    Process32NextW: { args: ['i64', 'ptr'], returns: 'i32' },
    // BOOL CloseHandle(HANDLE object)
    CloseHandle: { args: ['i64'], returns: 'i32' },
  })
  return () => {
    const snapshot = kernel.CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)
    if (snapshot === INVALID_HANDLE_VALUE) throw describeFailure('CreateToolhelp32Snapshot', lastError())
    try {
      const entry = new Uint8Array(PROCESSENTRY32W.size)
      viewOf(entry).setUint32(0, entry.length, true)
      const names: string[] = []
      let more = kernel.Process32FirstW(snapshot, entry)
      while (more !== 0 && names.length < MAX_PROCESSES) {
        names.push(readWide(entry, PROCESSENTRY32W.szExeFile, 2 * 260))
        more = kernel.Process32NextW(snapshot, entry)
      }
      return names
    } finally {
      kernel.CloseHandle(snapshot)
    }
  }
}

const TH32CS_SNAPPROCESS = 2
const INVALID_HANDLE_VALUE = -1n
const MAX_PROCESSES = 100_000

/** tlhelp32.h: begins with DWORD dwSize, ends with WCHAR szExeFile[260]. */
export const PROCESSENTRY32W = { size: 568, szExeFile: 44 } as const
