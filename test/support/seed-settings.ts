import type { Store } from '../../src/storage/ports/store.ts'
import { FIRST_HOST } from './seed.ts'

/**
 * Rules, targets, windows, a story of one event and changes in the audit log, as users leave them behind.
 */
export async function seedSettings(store: Store, now: number): Promise<void> {
  await store.targets.add({ name: 'On call', channel: 'mail', address: 'oncall@example.org' })
  await store.targets.add({
    name: 'Operations chat',
    channel: 'slack',
    address: 'https://chat.example.org/hooks/secret-part-of-the-address',
  })
  const rule = {
    enabled: true,
    host: '*',
    metric: '*',
    severities: [1, 2, 3, 4] as const,
    onOpening: true,
    onClosing: true,
    onSeverityChange: true,
    channel: 'mail',
    target: 'On call',
    delay: 0,
    repeat: null,
  }
  await store.rules.add({ ...rule, name: 'Everything to the team' })
  await store.rules.add({
    ...rule,
    name: 'Critical, if nobody looks after it',
    severities: [1],
    onClosing: false,
    onSeverityChange: false,
    delay: 900,
    repeat: 3600,
  })
  await store.rules.add({
    ...rule,
    name: 'Databases <b>& quotes"</b>',
    enabled: false,
    host: 'db*',
    metric: 'perf.filesystem.*',
    channel: 'slack',
    target: 'Operations chat',
  })
  await store.maintenanceWindows.add({
    name: 'Backups at night',
    host: 'backup*',
    when: { kind: 'daily', start: 22 * 60, end: 5 * 60, zone: 'Europe/Zurich' },
  })
  await store.maintenanceWindows.add({
    name: 'New switches',
    host: 'cache*',
    when: { kind: 'once', from: now - 1800, to: now + 5400 },
  })
  await store.maintenanceWindows.add({
    name: 'Patch day',
    host: 'web*',
    when: { kind: 'monthly', days: [1, 15, -1], start: 60, end: 180, zone: 'UTC' },
  })
  // A saved view belongs to a user, and some sites have none.
  for (const [name, path, isShared] of [
    ['Databases, ams1', '/hosts?q=db', true],
    ['Critical, not acknowledged', '/events?severity=1&acknowledged=no', false],
  ] as const)
    await store.views.add({ owner: 'admin', name, path, isShared })
  const { events } = await store.events.list({ host: FIRST_HOST, status: 'open', limit: 1 })
  for (const { id } of events) {
    await store.events.acknowledge(id, 'admin', now - 600, 'Postgres keeps old logs. I clean up.')
    await store.events.comment(id, 'vera', now - 300, 'It has <b>20 GiB</b> left.\nEnough for tonight.')
    const change = { event: id, change: null, notified: [] }
    const event = events[0]
    if (!event) continue
    const notification = { rule: { id: 1, name: 'Everything to the team' }, channel: 'mail', snapshot: event }
    const target = 'oncall@example.org'
    await store.outbox.settle(
      [
        {
          ...change,
          notifications: [
            { ...notification, uid: 'seeded-1', kind: 'opening', target },
            { ...notification, uid: 'seeded-2', kind: 'repeat', target, channel: 'webhook' },
          ],
        },
      ],
      now - 900,
    )
    const waiting = await store.outbox.listWaiting(10)
    for (const [i, one] of waiting.entries()) {
      const at = { notifications: [one.id], time: now - 890 + i }
      if (i === 0) {
        await store.outbox.note({
          ...at,
          isDelivered: false,
          answer: '451 4.3.0 try again later',
          due: now - 800,
        })
        await store.outbox.note({
          ...at,
          time: now - 800,
          isDelivered: true,
          answer: '250 2.0.0 Ok: queued as 4F2A',
          due: null,
        })
      } else
        await store.outbox.note({
          ...at,
          isDelivered: false,
          answer: 'no connection to hooks.example.org: refused',
          due: now + 300,
        })
    }
  }
  const change = { way: 'website', address: '192.0.2.7' } as const
  await store.audit.add({
    ...change,
    time: now - 7200,
    actor: 'admin',
    action: 'add rule',
    detail: 'Everything to the team: * * by mail, on',
  })
  await store.audit.add({
    ...change,
    time: now - 600,
    actor: 'admin',
    action: 'acknowledge event',
    detail: '1 of db01',
  })
  await store.audit.add({
    time: now - 500,
    way: 'shell',
    address: '',
    actor: 'root',
    action: 'add user',
    detail: 'viewer as viewer',
  })
}
