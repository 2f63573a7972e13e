import type { EventEngineOptions } from '../../src/events/cycle.ts'

const DAY = 86_400

/** An engine as it is out of the box, with receivers that take everything. */
export const ENGINE_OPTIONS: Omit<EventEngineOptions, 'store' | 'clock' | 'log'> = {
  interval: 10,
  retention: { samples: 365 * DAY, events: 365 * DAY, hosts: 365 * DAY },
  watching: { check: 300, severity: 1, isGrouping: true, skew: 120 },
  notifier: {
    zone: 'UTC',
    webUrl: null,
    makeId: () => 'id',
    channels: [],
    send: async () => 'taken',
    sendTest: async () => ({ isDelivered: true, answer: 'taken' }),
    close() {},
  },
  heartbeatUrl: null,
  holder: 'engine',
  random: () => 0,
  serverName: 'monitor',
  listCertificates: () => [],
}
