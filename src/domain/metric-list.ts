export type MetricFamily = {
  /** A name, with `<word>` where the name of one of many things stands. */
  readonly name: string
  readonly doc: string
  readonly systems: 'Linux' | 'Windows' | 'both'
}

const family = (name: string, doc: string, systems: MetricFamily['systems'] = 'both'): MetricFamily => ({
  name,
  doc,
  systems,
})

/** Every metric that agents report, and those that the server's own events are about. A test holds the probes to it. */
export const METRIC_FAMILIES: readonly MetricFamily[] = [
  family('perf.processor.percent.used', 'Time that all processors were busy, over the interval.'),
  family('perf.processor.percent.user', 'Time in programs.'),
  family('perf.processor.percent.system', 'Time in the kernel.'),
  family('perf.processor.percent.iowait', 'Time that processors waited for disks.', 'Linux'),
  family('perf.processor.percent.steal', 'Time that the hypervisor gave to others.', 'Linux'),
  family('perf.memory.percent.used', 'Memory that is not available to programs, of all.'),
  family('perf.memory.bytes.total', 'Memory of the machine.'),
  family('perf.memory.bytes.used', 'Memory that is not available to programs.'),
  family('perf.memory.bytes.available', 'Memory that programs could have.'),
  family('perf.memory.bytes.cached', 'Memory that holds contents of files and can be had back.'),
  family('perf.memory.bytes.committed', 'Memory that was promised to programs.', 'Windows'),
  family('perf.memory.bytes.commit.limit', 'Memory that can be promised.', 'Windows'),
  family('perf.memory.percent.committed', 'Memory promised, of what can be.', 'Windows'),
  family('perf.pagefile.percent.used', 'Swap, or the paging file, in use; absent where there is none.'),
  family('perf.pagefile.bytes.used', 'Swap, or the paging file, in use.'),
  family('perf.pagefile.bytes.total', 'Size of swap, or of the paging file.'),
  family('perf.system.load.1', 'Tasks that run or wait, averaged over a minute.', 'Linux'),
  family('perf.system.load.5', 'The same over 5 minutes.', 'Linux'),
  family('perf.system.load.15', 'The same over 15 minutes.', 'Linux'),
  family('perf.system.uptime.seconds', 'Time since the system was started.'),
  family('perf.system.processes', 'Number of processes.'),
  family('perf.network.bytes.received', 'Received a second over all interfaces but loopback.'),
  family('perf.network.bytes.sent', 'Sent a second over all interfaces but loopback.'),
  family('perf.network.<interface>.bytes.received', 'Received a second over one interface.'),
  family('perf.network.<interface>.bytes.sent', 'Sent a second over one interface.'),
  family('perf.network.<interface>.errors.received', 'Packets a second that arrived broken.'),
  family('perf.network.<interface>.errors.sent', 'Packets a second that could not be sent.'),
  family('perf.network.<interface>.drops.received', 'Packets a second that were thrown away on arrival.'),
  family(
    'perf.network.<interface>.drops.sent',
    'Packets a second that were thrown away before they were sent.',
  ),
  family('perf.disk.<disk>.bytes.read', 'Read a second from a disk.'),
  family('perf.disk.<disk>.bytes.written', 'Written a second to a disk.'),
  family('perf.disk.<disk>.percent.active', 'Time that a disk was busy.'),
  family('perf.filesystem.<filesystem>.percent.used', 'Space in use, of what can be had.'),
  family('perf.filesystem.<filesystem>.bytes.free', 'Space that programs can still have.'),
  family('perf.filesystem.<filesystem>.inodes.percent.used', 'Inodes in use.', 'Linux'),
  family('perf.filesystem.<filesystem>.percent.active', 'Time that the disk below was busy.'),
  family(
    'perf.pressure.<resource>.some.percent',
    'Time that some tasks waited for cpu, memory or io.',
    'Linux',
  ),
  family('perf.pressure.<resource>.full.percent', 'Time that all tasks waited at once.', 'Linux'),
  family('perf.temperature.<sensor>.celsius', 'Temperature of a sensor.', 'Linux'),
  family(
    'perf.process.<name>.state',
    '1 while a process of this name runs, else 0; named in agent.processes.',
  ),
  family('perf.service.<name>.state', '1 while a service runs, else 0; named in agent.services.'),
  family('perf.agent.queue.length', 'Samples that wait to be sent.'),
  family(
    'perf.agent.queue.dropped',
    'Samples that were dropped because the queue was full or they were too old.',
  ),
  family('perf.agent.queue.refused', 'Samples that the server refused.'),
  family('perf.agent.probe.failures', 'Probes that failed in this round.'),
  family('perf.agent.processor.seconds', 'Processor time that the agent took since the round before.'),
  family('perf.agent.memory.bytes', 'Memory that the agent takes.'),
  family('perf.system.availability.seconds', 'Of events alone: a host, or many at once, is silent.'),
  family('perf.system.clock.seconds', 'Of events alone: a clock is too far from that of the server.'),
  family('perf.agent.key.state', 'Of events alone: somebody uses the name of a host with another key.'),
  family('perf.certificate.<role>.state', 'Of events alone: a certificate of the server ends soon.'),
]

/** Tells whether a name is one of a family. */
export function isOfFamily(metric: string, { name }: MetricFamily): boolean {
  const pattern = name
    .split(/<[a-z]+>/)
    .map((part) => part.replaceAll('.', '\\.'))
    .join('.+')
  return new RegExp(`^${pattern}$`).test(metric)
}
