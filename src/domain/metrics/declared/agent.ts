import type { MetricFamily } from '../metric-family.ts'

/** Metrics of the agent itself. */
export const AGENT_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.agent.queue.length',
    unit: '',
    doc: 'Samples waiting to be sent.',
    chart: { of: 'agent-queue', line: 'in the queue' },
    section: { of: 'agent', column: 'Samples waiting' },
  },
  {
    name: 'perf.agent.queue.dropped',
    unit: '',
    doc: 'Samples that were dropped because the queue was full or they were too old.',
    section: { of: 'agent', column: 'Samples dropped' },
  },
  {
    name: 'perf.agent.queue.dropped.age',
    unit: '',
    isRare: true,
    doc: 'Samples dropped because they were too old; other drops were for lack of room.',
  },
  { name: 'perf.agent.queue.refused', unit: '', doc: 'Samples that the server refused.' },
  {
    name: 'perf.agent.queue.damaged',
    unit: '',
    doc: "Samples that were lost because the agent's queue was damaged on disk or gone.",
    section: { of: 'agent', column: 'Samples damaged' },
  },
  {
    name: 'perf.agent.clock.unstored',
    unit: '',
    isRare: true,
    doc: 'Samples since the start of the agent that were not kept because the clock had been set back to a time that has its samples.',
  },
  {
    name: 'perf.agent.metrics.omitted',
    unit: '',
    isRare: true,
    doc: 'Metrics left out of the last round because there are more than agent.max_metrics.',
    standard: [{ severity: 4, compare: '>', value: 0, duration: 3600 }],
  },
  {
    name: 'perf.agent.path.narrow',
    unit: '',
    isRare: true,
    doc: 'Whether packets of the usual size are lost on the way to the server, so that the agent sends small ones.',
    standard: [{ severity: 3, compare: '>', value: 0, duration: 0 }],
  },
  { name: 'perf.agent.probe.failures', unit: '', doc: 'Probes that failed in this round.' },
  {
    name: 'perf.agent.probe.stuck',
    unit: '',
    // The machine source adds it, which knows the probes.
    isRare: true,
    doc: 'Probes, files and mounts that did not answer in time; the others continue.',
    standard: [{ severity: 3, compare: '>', value: 0, duration: 300 }],
  },
  {
    name: 'perf.agent.processor.seconds',
    unit: 's',
    doc: 'CPU time used by the agent since the last round.',
    section: { of: 'agent', column: 'CPU time per round' },
  },
  {
    name: 'perf.agent.memory.bytes',
    unit: 'B',
    doc: 'Memory used by the agent.',
    chart: { of: 'agent-memory', line: 'resident' },
    section: { of: 'agent', column: 'Memory' },
  },
]
