import { isTimeZone } from '../../domain/time/time-zone.ts'
import { duration, flag, integer, secret, text } from '../fields/fields.ts'
import { checkUrl } from './value-checks.ts'

export const events = {
  doc: 'The event engine, which keeps the database in shape and finds silent hosts.',
  fields: {
    interval: duration({ default: '10s', min: '1s', max: '1h', doc: 'Time between two rounds.' }),
    availabilityCheck: duration({
      default: '5m',
      min: '2s',
      max: '30d',
      doc: 'A host that has sent no data for so long counts as down.',
    }),
    availabilitySeverity: integer({
      default: 1,
      min: 1,
      max: 4,
      doc: 'Severity of the event of a host that is down: 1 critical, 2 major, 3 warning, 4 information.',
    }),
    silenceGroup: flag({
      default: true,
      doc:
        'When three hosts or more, and more than half of those that were up, fall silent within one ' +
        'availability_check, one event says so in place of one each.',
    }),
    clockSkew: duration({
      default: '2m',
      min: '1s',
      doc: "An event opens when an agent's clock differs by more than this from the server's.",
    }),
    heartbeatUrl: secret({
      example: 'https://hc.example.org/ping/1234',
      doc: 'Called every minute while the event engine is well, so that somebody else notices when it is not.',
      check: checkUrl,
    }),
    zone: text({
      example: 'Europe/Berlin',
      doc: "Time zone of the times in notifications. When not given: this machine's.",
      check: (zone) => (isTimeZone(zone) ? null : 'a time zone such as "Europe/Berlin"'),
    }),
  },
}
