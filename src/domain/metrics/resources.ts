/**
 * The sections of a host's page, in their order. Charts and tables of newest values name theirs; a section
 * without content is left out.
 */
export const RESOURCES = [
  { name: 'cpu', title: 'CPU' },
  { name: 'memory', title: 'Memory' },
  { name: 'disks', title: 'Disks' },
  { name: 'network', title: 'Network' },
  { name: 'states', title: 'Services, processes and checks' },
  { name: 'checks', title: 'Checks' },
  { name: 'containers', title: 'Containers' },
  { name: 'hardware', title: 'Hardware' },
  { name: 'system', title: 'System' },
  { name: 'agent', title: 'Agent' },
] as const

export type ResourceName = (typeof RESOURCES)[number]['name']
