import type { MetricFamily } from '../metric-family.ts'

/** Metrics of the events that the server opens itself. No sample has these names. */

export const AVAILABILITY: MetricFamily = {
  name: 'perf.system.availability.seconds',
  unit: 's',
  doc: 'Of events alone: a host, or many at once, is silent.',
}

export const CLOCK_SKEW: MetricFamily = {
  name: 'perf.system.clock.seconds',
  unit: 's',
  doc: 'Of events alone: a clock is too far from that of the server.',
}

export const SERVER_CLOCK: MetricFamily = {
  name: 'perf.server.clock.seconds',
  unit: 's',
  doc: 'Of events alone: many hosts agree that it is the clock of the server that is wrong.',
}

export const KEY_MISMATCH: MetricFamily = {
  name: 'perf.agent.key.state',
  unit: 'state',
  doc: 'Of events alone: somebody uses the name of a host with another key.',
}

export const REFUSED_REPORT: MetricFamily = {
  name: 'perf.agent.report.state',
  unit: 'state',
  doc: 'Of events alone: the database does not take what a report of the host holds.',
}

export const CERTIFICATE_END: MetricFamily = {
  name: 'perf.certificate.<role>.state',
  unit: 'state',
  doc: 'Of events alone: a certificate of the server ends soon.',
}

export const NOTIFICATION_TROUBLE: MetricFamily = {
  name: 'perf.notification.<channel>.state',
  unit: 'state',
  doc: 'Of events alone: notifications of a channel fail or have failed for good.',
}

export const STORAGE_DAMAGE: MetricFamily = {
  name: 'perf.storage.damage.state',
  unit: 'state',
  doc: 'Of events alone: stored samples of the host are damaged, and left out wherever they would be shown.',
}

export const AGENT_COPY: MetricFamily = {
  name: 'perf.agent.copy.state',
  unit: 'state',
  doc: 'Of events alone: two agents run with the same data folder, one of which is a copy.',
}

/** A reason has one open event at a time. */
export const DATA_GAP: MetricFamily = {
  name: 'perf.agent.data.missing.<reason>',
  unit: '',
  doc: 'Of events alone: something that the agent measured, or should have measured, is missing, and why.',
}

export const GROWTH_BOUND: MetricFamily = {
  name: 'perf.server.bound.<bound>.state',
  unit: 'state',
  doc: 'Of events alone: agents want to add more to the database than a bound of the server allows.',
}

/** The metric of events about one bound. */
export const boundMetric = (bound: string) => GROWTH_BOUND.name.replace('<bound>', bound)

export const SERVER_EVENT_METRICS: readonly MetricFamily[] = [
  AVAILABILITY,
  CLOCK_SKEW,
  SERVER_CLOCK,
  KEY_MISMATCH,
  AGENT_COPY,
  DATA_GAP,
  REFUSED_REPORT,
  CERTIFICATE_END,
  NOTIFICATION_TROUBLE,
  STORAGE_DAMAGE,
  GROWTH_BOUND,
]
