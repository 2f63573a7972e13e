import type { ResourceName } from './resources.ts'

/** A table of a host's page: newest values, with a row for each thing, or a row for each metric. */
type Section = {
  readonly name: string
  readonly of: ResourceName
  /** Head of the column that names the things; tables without have a row for each metric. */
  readonly subject?: string
}

/**
 * The tables of a host's page, in their order. The declaration of a metric names its table; a table without
 * any of its metrics is left out. In `states`, the column that a metric names is the kind of its subject.
 */
export const SECTIONS = [
  { name: 'cpu', of: 'cpu' },
  { name: 'memory', of: 'memory' },
  { name: 'filesystems', of: 'disks', subject: 'Mounted at' },
  { name: 'disks', of: 'disks', subject: 'Disk' },
  { name: 'drives', of: 'disks', subject: 'Drive' },
  { name: 'raid', of: 'disks', subject: 'Array' },
  { name: 'network', of: 'network', subject: 'Interface' },
  { name: 'links', of: 'network', subject: 'Interface' },
  { name: 'states', of: 'states', subject: 'Name' },
  { name: 'services', of: 'states', subject: 'Service' },
  { name: 'checks', of: 'checks', subject: 'Check' },
  { name: 'containers', of: 'containers', subject: 'Container' },
  { name: 'gpus', of: 'hardware', subject: 'GPU' },
  { name: 'power', of: 'hardware', subject: 'Battery' },
  { name: 'system', of: 'system' },
  { name: 'agent', of: 'agent' },
] as const satisfies readonly Section[]

export type SectionName = (typeof SECTIONS)[number]['name']
