import { dlopen, type FFIFunction, type Library } from 'bun:ffi'

/**
 * Structures are laid out for 64 bits: pointers and handles of 8 bytes, each field aligned to its own size.
 */

/**
 * Opens a DLL of Windows by its full path. With a bare name, Windows would take a file of that name beside
 * our program for those that it does not list as known (pdh, iphlpapi).
 */
export function openSystemLibrary<Functions extends Record<string, FFIFunction>>(
  name: string,
  functions: Functions,
): Library<Functions>['symbols'] {
  return dlopen(`${findSystemFolder()}\\${name}`, functions).symbols
}

let systemFolder: string | null = null

function findSystemFolder(): string {
  if (systemFolder !== null) return systemFolder
  // kernel32 is always the system's own.
  const library = dlopen('kernel32.dll', {
    // UINT GetSystemDirectoryW(LPWSTR buffer, UINT characters)
    GetSystemDirectoryW: { args: ['ptr', 'u32'], returns: 'u32' },
  })
  const buffer = new Uint8Array(2 * MAX_PATH)
  const length = library.symbols.GetSystemDirectoryW(buffer, MAX_PATH)
  library.close()
  if (length === 0 || length >= MAX_PATH) throw new Error('Windows does not say where its system folder is')
  systemFolder = readWide(buffer)
  return systemFolder
}

const MAX_PATH = 260

/** winreg.h: (HKEY)(ULONG_PTR)((LONG)0x80000002), so the sign goes all the way up. */
export const HKEY_LOCAL_MACHINE = -0x7ffffffen

/** UTF-16 with a zero behind it, as Windows takes text. */
export function toWide(text: string): Uint8Array {
  const wide = new Uint16Array(text.length + 1)
  for (let i = 0; i < text.length; i++) wide[i] = text.charCodeAt(i)
  return new Uint8Array(wide.buffer)
}

/** The text up to the first zero, at most `bytes` long. */
export function readWide(memory: Uint8Array, offset = 0, bytes = memory.length - offset): string {
  let text = ''
  for (let at = offset; at + 1 < offset + bytes; at += 2) {
    const code = (memory[at] ?? 0) | ((memory[at + 1] ?? 0) << 8)
    if (code === 0) break
    text += String.fromCharCode(code)
  }
  return text
}

export function viewOf(memory: Uint8Array): DataView {
  return new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
}

/** A 64-bit count as a number: exact up to 9 petabytes, and good to 16 digits above. */
export const readCount = (view: DataView, offset: number) => Number(view.getBigUint64(offset, true))

/** `GetLastError` has to be asked at once: the next call of anybody may change it. */
export function describeFailure(call: string, code: number): Error {
  return new Error(`${call} failed with Windows error ${code >>> 0}`)
}
