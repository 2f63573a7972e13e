import { LOG_LEVELS } from '../../lib/log.ts'
import { oneOf } from '../fields/fields.ts'

export const log = {
  doc: 'The log, on standard error.',
  fields: {
    level: oneOf(LOG_LEVELS, { default: 'info', doc: 'The least level that is written.' }),
    format: oneOf(['text', 'json'], { default: 'text', doc: 'How a line is written.' }),
  },
}
