import { duration } from '../fields/fields.ts'

export const retention = {
  doc: 'How long things are kept.',
  fields: {
    samples: duration({
      default: '400d',
      min: '1h',
      doc: 'Samples, every one of them, by their own time.',
    }),
    events: duration({
      default: '400d',
      min: '1h',
      doc: 'Closed events, by the time of their closing, and the audit log.',
    }),
    hosts: duration({
      default: '400d',
      min: '1h',
      doc: 'Hosts that no longer report, with all their data.',
    }),
  },
}
