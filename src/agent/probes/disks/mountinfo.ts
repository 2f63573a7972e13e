export type Mount = {
  /** The kernel's number of the mount. */
  readonly id: string
  /** `major:minor` of the filesystem; shared by bind mounts and by the subvolumes of a btrfs. */
  readonly device: string
  /**
   * The folder of the filesystem that is seen at the mount point; `/` unless it is a bind mount or a
   * subvolume.
   */
  readonly root: string
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  /** No writes come through this mount, whatever other mounts of the filesystem let through. */
  readonly isReadOnlyHere: boolean
  /** The filesystem takes no writes now, as it was mounted or because the kernel found it damaged. */
  readonly isReadOnly: boolean
  /** The kernel has stopped to write to the filesystem after an error. */
  readonly isFailed: boolean
}

/** /proc/self/mountinfo in its order; lines that don't have its form are left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const [before, after] = split(line, ' - ')
    const [id, , device, root, mountPoint, options = ''] = before.split(' ')
    const [type, source, state = ''] = after.split(' ')
    if (!id || !device || !root || !mountPoint || !type || source === undefined) continue
    const isFailed = FAILED.test(state)
    mounts.push({
      id,
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      type: unescapeOctal(type),
      source: unescapeOctal(source),
      isReadOnlyHere: isReadOnly(options),
      isReadOnly: isFailed || isReadOnly(state),
      isFailed,
    })
  }
  return mounts
}

/** `ro` is the first of the options, if it is among them. */
const isReadOnly = (options: string) => options === 'ro' || options.startsWith('ro,')

/** What ext4 says since Linux 6.15, where the filesystem goes on to call itself writable, and others of a shutdown. */
const FAILED = /(?:^|,)(?:emergency_ro|shutdown)(?:,|$)/

/** Spaces are escaped in every column, so the separator stands where it is first seen. */
function split(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator)
  return at < 0 ? ['', ''] : [line.slice(0, at), line.slice(at + separator.length)]
}

/** The kernel writes space, tab, newline, backslash and `#` as three octal digits. */
export function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
