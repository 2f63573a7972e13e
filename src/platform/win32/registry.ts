import { HKEY_LOCAL_MACHINE, openSystemLibrary, readWide, toWide, viewOf } from './library.ts'

export type Registry = {
  /** Of a value below HKEY_LOCAL_MACHINE; null when it is not there or of another type. */
  readText(key: string, name: string): string | null
  readNumber(key: string, name: string): number | null
  /** Whether there is a key of this name below HKEY_LOCAL_MACHINE, whatever is in it. */
  hasKey(key: string): boolean
}

/** Nothing stays open: each value is one call. */
export function openRegistry(): Registry {
  const advapi = openSystemLibrary('advapi32.dll', {
    // LSTATUS RegGetValueW(HKEY key, LPCWSTR subkey, LPCWSTR value, DWORD flags, LPDWORD type, PVOID data,
    // LPDWORD bytes)
    RegGetValueW: { args: ['i64', 'ptr', 'ptr', 'u32', 'ptr', 'ptr', 'ptr'], returns: 'i32' },
    // LSTATUS RegOpenKeyExW(HKEY key, LPCWSTR subkey, DWORD options, REGSAM access, PHKEY result)
    RegOpenKeyExW: { args: ['i64', 'ptr', 'u32', 'u32', 'ptr'], returns: 'i32' },
    RegCloseKey: { args: ['u64'], returns: 'i32' },
  })

  function read(key: string, name: string, flags: number, bytes: number): Uint8Array | null {
    const data = new Uint8Array(bytes)
    const length = new Uint32Array([bytes])
    const status = advapi.RegGetValueW(
      HKEY_LOCAL_MACHINE,
      toWide(key),
      toWide(name),
      flags,
      null,
      data,
      length,
    )
    return status === 0 ? data.subarray(0, length[0]) : null
  }

  return {
    readText(key, name) {
      const data = read(key, name, RRF_RT_REG_SZ, 1024)
      return data === null ? null : readWide(data)
    },
    readNumber(key, name) {
      const data = read(key, name, RRF_RT_REG_DWORD, 4)
      return data === null ? null : viewOf(data).getUint32(0, true)
    },
    hasKey(key) {
      const handle = new BigUint64Array(1)
      if (advapi.RegOpenKeyExW(HKEY_LOCAL_MACHINE, toWide(key), 0, KEY_READ, handle) !== 0) return false
      advapi.RegCloseKey(handle[0] ?? 0n)
      return true
    },
  }
}

const KEY_READ = 0x20019
const RRF_RT_REG_SZ = 0x02
const RRF_RT_REG_DWORD = 0x10
