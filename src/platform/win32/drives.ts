import type { Drive } from '../win32.ts'
import { openSystemLibrary, readCount, readWide, toWide, viewOf } from './library.ts'

/** Space of drives. A drive that refuses (not formatted, locked by BitLocker) is left out. */
export function openDrives(): () => Drive[] {
  const kernel = openSystemLibrary('kernel32.dll', {
    // DWORD GetLogicalDrives(void)
    GetLogicalDrives: { args: [], returns: 'u32' },
    // UINT GetDriveTypeW(LPCWSTR root)
    GetDriveTypeW: { args: ['ptr'], returns: 'u32' },
    // BOOL GetDiskFreeSpaceExW(LPCWSTR folder, PULARGE_INTEGER available, PULARGE_INTEGER total,
    // PULARGE_INTEGER free)
    GetDiskFreeSpaceExW: { args: ['ptr', 'ptr', 'ptr', 'ptr'], returns: 'i32' },
    // DWORD QueryDosDeviceW(LPCWSTR device, LPWSTR target, DWORD characters)
    QueryDosDeviceW: { args: ['ptr', 'ptr', 'u32'], returns: 'u32' },
    // UINT SetErrorMode(UINT mode)
    SetErrorMode: { args: ['u32'], returns: 'u32' },
  })
  // Prevents a dialog box that reports "there is no disk in the drive" and waits for a person.
  kernel.SetErrorMode(SEM_FAILCRITICALERRORS)

  /** Drives of `subst` are folders of others. */
  function isFolder(letter: string): boolean {
    const target = new Uint8Array(2 * 1024)
    const length = kernel.QueryDosDeviceW(toWide(`${letter}:`), target, 1024)
    return length > 0 && /^\\\?\?\\[A-Za-z]:/.test(readWide(target))
  }

  function readSpace(letter: string): Drive | null {
    const memory = new Uint8Array(24)
    const done = kernel.GetDiskFreeSpaceExW(
      toWide(`${letter}:\\`),
      memory.subarray(0, 8),
      memory.subarray(8, 16),
      memory.subarray(16),
    )
    const view = viewOf(memory)
    const [available, total, free] = [readCount(view, 0), readCount(view, 8), readCount(view, 16)]
    return done === 0 || total === 0 ? null : { letter, total, free, available }
  }

  return () =>
    listLetters(kernel.GetLogicalDrives()).flatMap((letter) => {
      const type = kernel.GetDriveTypeW(toWide(`${letter}:\\`))
      if ((type !== DRIVE_FIXED && type !== DRIVE_RAMDISK) || isFolder(letter)) return []
      return readSpace(letter) ?? []
    })
}

/** Bit 0 is drive A. */
export function listLetters(bits: number): string[] {
  return [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((_, i) => (bits >>> i) & 1)
}

const DRIVE_FIXED = 3
const DRIVE_RAMDISK = 6
const SEM_FAILCRITICALERRORS = 1
