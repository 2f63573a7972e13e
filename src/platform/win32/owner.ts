import { describeFailure, openSystemLibrary, readWide, toWide } from './library.ts'

/** Owners, as security identifiers in their written form (`S-1-5-18`). */
export type Owners = {
  /** The account that this process runs under. */
  readonly own: string
  /** Of a file or folder; of what a link points to. */
  find(path: string): string
}

/** Accounts with all rights: the system, administrators, and the installer of Windows itself. */
const TRUSTED = new Set([
  'S-1-5-18',
  'S-1-5-32-544',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
])

/** Whether what this account owns is as good as our own: an owner may always change who may write. */
export const isTrustedOwner = (owner: string, own: string): boolean => owner === own || TRUSTED.has(owner)

export function openOwners(): Owners {
  const kernel = openSystemLibrary('kernel32.dll', {
    GetLastError: { args: [], returns: 'u32' },
    // HLOCAL LocalFree(HLOCAL memory)
    LocalFree: { args: ['u64'], returns: 'u64' },
    // HANDLE GetCurrentProcess(void)
    GetCurrentProcess: { args: [], returns: 'i64' },
    // LPWSTR lstrcpynW(LPWSTR target, LPCWSTR source, int characters)
    lstrcpynW: { args: ['ptr', 'u64', 'i32'], returns: 'u64' },
    CloseHandle: { args: ['u64'], returns: 'i32' },
  })
  const advapi = openSystemLibrary('advapi32.dll', {
    // DWORD GetNamedSecurityInfoW(LPCWSTR name, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID *owner,
    // PSID *group, PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *descriptor)
    GetNamedSecurityInfoW: {
      args: ['ptr', 'i32', 'u32', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr'],
      returns: 'u32',
    },
    // BOOL ConvertSidToStringSidW(PSID sid, LPWSTR *text)
    ConvertSidToStringSidW: { args: ['u64', 'ptr'], returns: 'i32' },
    // BOOL OpenProcessToken(HANDLE process, DWORD access, PHANDLE token)
    OpenProcessToken: { args: ['i64', 'u32', 'ptr'], returns: 'i32' },
    // BOOL GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS what, LPVOID buffer, DWORD length, PDWORD
    // needed)
    GetTokenInformation: { args: ['u64', 'i32', 'ptr', 'u32', 'ptr'], returns: 'i32' },
  })

  function writeSid(sid: bigint): string {
    const text = new BigUint64Array(1)
    if (advapi.ConvertSidToStringSidW(sid, text) === 0)
      throw describeFailure('ConvertSidToStringSid', kernel.GetLastError())
    const memory = text[0] ?? 0n
    try {
      const copy = new Uint8Array(2 * MAX_SID_CHARACTERS)
      kernel.lstrcpynW(copy, memory, MAX_SID_CHARACTERS)
      return readWide(copy)
    } finally {
      kernel.LocalFree(memory)
    }
  }

  function readOwn(): string {
    const token = new BigUint64Array(1)
    if (advapi.OpenProcessToken(kernel.GetCurrentProcess(), TOKEN_QUERY, token) === 0)
      throw describeFailure('OpenProcessToken', kernel.GetLastError())
    try {
      // TOKEN_USER: a pointer to the identifier, which follows in the same buffer.
      const buffer = new BigUint64Array(TOKEN_USER_WORDS)
      const needed = new Uint32Array(1)
      if (advapi.GetTokenInformation(token[0] ?? 0n, TOKEN_USER, buffer, buffer.byteLength, needed) === 0)
        throw describeFailure('GetTokenInformation', kernel.GetLastError())
      return writeSid(buffer[0] ?? 0n)
    } finally {
      kernel.CloseHandle(token[0] ?? 0n)
    }
  }

  return {
    own: readOwn(),
    find(path) {
      const owner = new BigUint64Array(1)
      const descriptor = new BigUint64Array(1)
      const status = advapi.GetNamedSecurityInfoW(
        toWide(path),
        SE_FILE_OBJECT,
        OWNER_SECURITY_INFORMATION,
        owner,
        null,
        null,
        null,
        descriptor,
      )
      if (status !== 0) throw describeFailure(`GetNamedSecurityInfo of ${path}`, status)
      try {
        return writeSid(owner[0] ?? 0n)
      } finally {
        kernel.LocalFree(descriptor[0] ?? 0n)
      }
    },
  }
}

const SE_FILE_OBJECT = 1
const OWNER_SECURITY_INFORMATION = 1
const TOKEN_QUERY = 8
const TOKEN_USER = 1
/** The longest identifier (68 bytes) and what stands before it. */
const TOKEN_USER_WORDS = 16
/** The longest written identifier has 184 characters, and a zero behind it. */
const MAX_SID_CHARACTERS = 185
