/** A section of a host's page: newest values, with a row for each thing, or a row for each metric. */
type Section = {
  readonly name: string
  readonly title: string
  /** Head of the column that names the things; sections without have a row for each metric. */
  readonly subject?: string
}

/**
 * The sections of a host's page, in their order. Metrics say in their declaration which of them has them;
 * one without any of its metrics is left out. In `states`, the column that a metric names is what kind of
 * thing it is about.
 */
export const SECTIONS = [
  { name: 'states', title: 'Services, processes and checks', subject: 'Name' },
  { name: 'services', title: 'Services', subject: 'Service' },
  { name: 'checks', title: 'Checks', subject: 'Check' },
  { name: 'containers', title: 'Containers', subject: 'Container' },
  { name: 'filesystems', title: 'Filesystems', subject: 'Name' },
  { name: 'disks', title: 'Disks', subject: 'Disk' },
  { name: 'drives', title: 'Drives', subject: 'Drive' },
  { name: 'raid', title: 'RAID and pools', subject: 'Array' },
  { name: 'network', title: 'Network', subject: 'Interface' },
  { name: 'links', title: 'Links', subject: 'Interface' },
  { name: 'power', title: 'Batteries', subject: 'Battery' },
  { name: 'system', title: 'System' },
] as const satisfies readonly Section[]

export type SectionName = (typeof SECTIONS)[number]['name']
