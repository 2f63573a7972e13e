import { list } from '../fields/fields.ts'
import { checkRange } from './value-checks.ts'

export const notifications = {
  doc: 'What holds for every channel of notifications.',
  fields: {
    allowAddresses: list({
      example: ['127.0.0.1', '169.254.10.0/24'],
      doc:
        'Addresses of this machine, of its links and of the metadata services of clouds to which the channels ' +
        'webhook, ntfy and slack may send all the same; as addresses or ranges of them.',
      check: checkRange,
    }),
  },
}
