import { Data, NtExecutable, NtExecutableResource, Resource } from 'resedit'

export type WindowsResources = {
  readonly icon: Uint8Array
  /** `1.2.3`. */
  readonly version: string
  readonly title: string
  readonly licence: string
}

/** English (Merged States), Unicode: the language that Windows takes when there is none of its own. */
const LANGUAGE = { lang: 1033, codepage: 1200 }

/**
 * Gives a Windows executable an icon and the version that Explorer shows. To be done to Bun's own, before our program is put in: Bun can't
 * do it itself unless it runs on Windows. The signature goes: it was for the file as it was.
 */
export function brandExecutable(
  executable: Uint8Array,
  { icon, version, title, licence }: WindowsResources,
): Uint8Array {
  const program = NtExecutable.from(executable, { ignoreCert: true })
  const resources = NtExecutableResource.from(program)
  const groups = Resource.IconGroupEntry.fromEntries(resources.entries)
  Resource.IconGroupEntry.replaceIconsForResource(
    resources.entries,
    groups[0]?.id ?? 1,
    groups[0]?.lang ?? LANGUAGE.lang,
    Data.IconFile.from(icon).icons.map(({ data }) => data),
  )
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const info = Resource.VersionInfo.createEmpty()
  info.lang = LANGUAGE.lang
  info.setFileVersion(major, minor, patch, 0, LANGUAGE.lang)
  info.setProductVersion(major, minor, patch, 0, LANGUAGE.lang)
  info.setStringValues(LANGUAGE, {
    FileDescription: title,
    ProductName: 'monitor',
    InternalName: 'monitor',
    OriginalFilename: 'monitor.exe',
    FileVersion: version,
    ProductVersion: version,
    LegalCopyright: licence,
  })
  // Bun's own goes, whatever its language.
  resources.entries = resources.entries.filter(({ type }) => type !== 16)
  info.outputToResourceEntries(resources.entries)
  resources.outputResource(program)
  return new Uint8Array(program.generate())
}
