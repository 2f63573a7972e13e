import type { MetricFamily } from '../metric-family.ts'

/** Metrics of the events that the server opens itself. No sample has these names. */

export const AVAILABILITY: MetricFamily = {
  name: 'perf.system.availability.seconds',
  unit: 's',
  doc: 'Events only: a host, or many at once, sends no data.',
}

export const CLOCK_SKEW: MetricFamily = {
  name: 'perf.system.clock.seconds',
  unit: 's',
  doc: "Events only: a clock differs too much from the server's.",
}

export const SERVER_CLOCK: MetricFamily = {
  name: 'perf.server.clock.seconds',
  unit: 's',
  doc: "Events only: many hosts agree that the server's clock is wrong.",
}

export const KEY_MISMATCH: MetricFamily = {
  name: 'perf.agent.key.state',
  unit: 'state',
  doc: 'Events only: an agent uses the name of a host with another key.',
}

export const REFUSED_REPORT: MetricFamily = {
  name: 'perf.agent.report.state',
  unit: 'state',
  doc: 'Events only: the database rejects what a report of the host contains.',
}

export const CERTIFICATE_END: MetricFamily = {
  name: 'perf.certificate.<role>.state',
  unit: 'state',
  doc: 'Events only: a certificate of the server expires soon.',
}

export const NOTIFICATION_TROUBLE: MetricFamily = {
  name: 'perf.notification.<channel>.state',
  unit: 'state',
  doc: 'Events only: notifications of a channel fail or have failed for good.',
}

export const STORAGE_DAMAGE: MetricFamily = {
  name: 'perf.storage.damage.state',
  unit: 'state',
  doc: 'Events only: stored samples of the host are damaged and are left out everywhere.',
}

export const STORAGE_DISK: MetricFamily = {
  name: 'perf.storage.disk.state',
  unit: 'state',
  doc: "Events only: the disk of the server's database fails to write.",
}

export const AGENT_COPY: MetricFamily = {
  name: 'perf.agent.copy.state',
  unit: 'state',
  doc: 'Events only: two agents run with copies of the same data directory.',
}

/** A reason has one open event at a time. */
export const DATA_GAP: MetricFamily = {
  name: 'perf.agent.data.missing.<reason>',
  unit: '',
  doc: 'Events only: data that the agent measured, or should have measured, is missing, and why.',
}

export const GROWTH_BOUND: MetricFamily = {
  name: 'perf.server.bound.<bound>.state',
  unit: 'state',
  doc: 'Events only: agents try to add more to the database than the server allows.',
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
  STORAGE_DISK,
  GROWTH_BOUND,
]
