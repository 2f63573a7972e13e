import { describeFailure, openSystemLibrary, toWide } from './library.ts'

/**
 * The rights of LocalService, under which our services run, to a file or folder; `own` also gives its owner
 * all rights.
 */
export type ServiceAccess = 'read' | 'write' | 'own'

/**
 * Restricts a file, or a folder with all its present and future content, to administrators, the system and
 * LocalService, and to its owner where that is wanted.
 */
export type Guard = (path: string, access: ServiceAccess) => void

export function openGuard(): Guard {
  const kernel = openSystemLibrary('kernel32.dll', {
    GetLastError: { args: [], returns: 'u32' },
    // HLOCAL LocalFree(HLOCAL memory)
    LocalFree: { args: ['u64'], returns: 'u64' },
  })
  const advapi = openSystemLibrary('advapi32.dll', {
    // BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR text, DWORD revision,
    // PSECURITY_DESCRIPTOR *descriptor, PULONG size)
    ConvertStringSecurityDescriptorToSecurityDescriptorW: {
      args: ['ptr', 'u32', 'ptr', 'ptr'],
      returns: 'i32',
    },
    // BOOL GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *dacl, LPBOOL
    // defaulted)
    GetSecurityDescriptorDacl: { args: ['u64', 'ptr', 'ptr', 'ptr'], returns: 'i32' },
    // DWORD SetNamedSecurityInfoW(LPWSTR name, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID owner,
    // PSID group, PACL dacl, PACL sacl)
    SetNamedSecurityInfoW: { args: ['ptr', 'i32', 'u32', 'ptr', 'ptr', 'u64', 'ptr'], returns: 'u32' },
  })
  return (path, access) => {
    const descriptor = new BigUint64Array(1)
    const made = advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
      toWide(ACCESS_LISTS[access]),
      SDDL_REVISION_1,
      descriptor,
      null,
    )
    if (made === 0) throw describeFailure('ConvertStringSecurityDescriptor', kernel.GetLastError())
    const memory = descriptor[0] ?? 0n
    try {
      const present = new Uint32Array(1)
      const defaulted = new Uint32Array(1)
      const list = new BigUint64Array(1)
      if (advapi.GetSecurityDescriptorDacl(memory, present, list, defaulted) === 0)
        throw describeFailure('GetSecurityDescriptorDacl', kernel.GetLastError())
      const status = advapi.SetNamedSecurityInfoW(
        toWide(path),
        SE_FILE_OBJECT,
        DACL_SECURITY_INFORMATION + PROTECTED_DACL_SECURITY_INFORMATION,
        null,
        null,
        list[0] ?? 0n,
        null,
      )
      if (status !== 0) throw describeFailure(`SetNamedSecurityInfo of ${path}`, status)
    } finally {
      kernel.LocalFree(memory)
    }
  }
}

/** Nothing from above (P); full access (FA) for the system (SY) and administrators (BA). */
const OWNERS = 'D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'
/** LS is LocalService: to read and run, or to write and delete as well. */
const ACCESS_LISTS: Readonly<Record<ServiceAccess, string>> = {
  read: `${OWNERS}(A;OICI;0x1200a9;;;LS)`,
  write: `${OWNERS}(A;OICI;0x1301bf;;;LS)`,
  // OW: the owner, whose rights are limited by this to changing the list.
  own: `${OWNERS}(A;OICI;0x1301bf;;;LS)(A;OICI;FA;;;OW)`,
}
const SDDL_REVISION_1 = 1
const SE_FILE_OBJECT = 1
const DACL_SECURITY_INFORMATION = 0x4
/** As a number without a sign. */
const PROTECTED_DACL_SECURITY_INFORMATION = 2 ** 31
