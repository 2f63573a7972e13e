import type { ResourceName } from './resources.ts'

/** A chart of a host's page. */
export type Chart = {
  readonly name: string
  /** With a `<word>` in it, each thing has a chart of its own. */
  readonly title: string
  readonly of: ResourceName
  /** It stands beside the table of its resource; a long time shows those alone unless all are asked for. */
  readonly isMain?: true
  /** How many things at most have one, then. */
  readonly most?: number
}

/**
 * The charts of a host's page, in reading order. The declaration of a metric names its chart; a chart without
 * any metric of the host is left out.
 */
export const CHARTS = [
  { name: 'processor', title: 'CPU', of: 'cpu', isMain: true },
  { name: 'processor-states', title: 'CPU by state', of: 'cpu' },
  { name: 'load', title: 'Load', of: 'cpu' },
  { name: 'pressure', title: 'Pressure', of: 'cpu' },
  { name: 'processes', title: 'Processes', of: 'cpu' },
  { name: 'memory', title: 'Memory', of: 'memory', isMain: true },
  { name: 'swapping', title: 'Swapping', of: 'memory' },
  { name: 'filesystems', title: 'Disk usage', of: 'disks', isMain: true },
  { name: 'disk-bytes', title: 'Throughput of <disk>', of: 'disks', most: 4 },
  { name: 'disk-activity', title: 'Disks busy', of: 'disks' },
  { name: 'disk-latency', title: 'Latency of <disk>', of: 'disks', most: 4 },
  { name: 'network', title: 'Network', of: 'network', isMain: true },
  { name: 'interface-bytes', title: '<interface>', of: 'network', most: 8 },
  { name: 'retransmits', title: 'TCP retransmits', of: 'network' },
  { name: 'temperature', title: 'Temperature', of: 'hardware', isMain: true },
  { name: 'gpu', title: 'GPU', of: 'hardware' },
  { name: 'fans', title: 'Fans', of: 'hardware' },
  { name: 'battery', title: 'Battery', of: 'hardware' },
  { name: 'clock', title: 'Difference of the clock', of: 'system', isMain: true },
  { name: 'service-memory', title: 'Memory of services', of: 'states', isMain: true },
  { name: 'checks', title: 'Time to answer', of: 'checks', isMain: true },
  { name: 'container-processor', title: 'CPU of containers', of: 'containers', isMain: true },
  { name: 'container-memory', title: 'Memory of containers', of: 'containers' },
  { name: 'agent-queue', title: 'Samples waiting', of: 'agent', isMain: true },
  { name: 'agent-memory', title: 'Memory of the agent', of: 'agent' },
] as const satisfies readonly Chart[]

export type ChartName = (typeof CHARTS)[number]['name']
