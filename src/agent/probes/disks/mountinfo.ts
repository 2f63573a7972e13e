export type Mount = {
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
  /** Mounted read-only on purpose. */
  readonly isMeantReadOnly: boolean
  /** The filesystem takes no writes now, as it was mounted or because the kernel found it damaged. */
  readonly isReadOnly: boolean
}

/** /proc/self/mountinfo in its order; lines that don't have its form are left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const [before, after] = split(line, ' - ')
    const [, , device, root, mountPoint, options = ''] = before.split(' ')
    const [type, source, state = ''] = after.split(' ')
    if (!device || !root || !mountPoint || !type || source === undefined) continue
    mounts.push({
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      type: unescapeOctal(type),
      source: unescapeOctal(source),
      isMeantReadOnly: isReadOnly(options),
      isReadOnly: isReadOnly(state),
    })
  }
  return mounts
}

/** `ro` is the first of the options, if it is among them. */
const isReadOnly = (options: string) => options === 'ro' || options.startsWith('ro,')

/** Spaces are escaped in every column, so the separator stands where it is first seen. */
function split(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator)
  return at < 0 ? ['', ''] : [line.slice(0, at), line.slice(at + separator.length)]
}

/** The kernel writes space, tab, newline, backslash and `#` as three octal digits. */
function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
