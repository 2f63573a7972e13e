/** A chart of a host's page. */
type Chart = {
  readonly name: string
  /** With a `<word>` in it, each thing has a chart of its own. */
  readonly title: string
  /** How many things at most have one, then. */
  readonly most?: number
}

/**
 * The charts of a host's page, in the order in which they are looked at. Metrics say in their declaration
 * which of them shows them; one without any of its metrics is left out.
 */
export const CHARTS = [
  { name: 'processor', title: 'Processor' },
  { name: 'processor-states', title: 'Processor by state' },
  { name: 'memory', title: 'Memory' },
  { name: 'load', title: 'Load' },
  { name: 'network', title: 'Network' },
  { name: 'disk-bytes', title: 'Disk <disk>', most: 4 },
  { name: 'disk-activity', title: 'Disk activity' },
  { name: 'disk-latency', title: 'Latency of disk <disk>', most: 4 },
  { name: 'pressure', title: 'Pressure' },
  { name: 'temperature', title: 'Temperature' },
  { name: 'service-memory', title: 'Services: memory' },
  { name: 'checks', title: 'Checks: time to answer' },
  { name: 'container-processor', title: 'Containers: processor' },
  { name: 'container-memory', title: 'Containers: memory' },
  { name: 'fans', title: 'Fans' },
  { name: 'battery', title: 'Battery' },
  { name: 'clock', title: 'Clock: difference' },
  { name: 'swapping', title: 'Swapping' },
  { name: 'retransmits', title: 'TCP retransmits' },
  { name: 'processes', title: 'Processes' },
  { name: 'agent-queue', title: 'Agent: samples waiting' },
  { name: 'agent-memory', title: 'Agent: memory' },
] as const satisfies readonly Chart[]

export type ChartName = (typeof CHARTS)[number]['name']
