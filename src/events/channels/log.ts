import { defineChannel } from './channel.ts'

/** Writes every notification as a line of the log. */
export const log = defineChannel({
  name: 'log',
  doc: "Lines in the event engine's log.",
  targetDoc: 'nothing, or a word to include in the line',
  fields: {},
  checkTarget: (target) => (target.length <= 200 ? null : 'a word of at most 200 characters'),
  open: (_, tools) => ({
    async send({ id, kind, target, words, events, rule }) {
      tools.log.info('notification', {
        subject: words.subject,
        message: events.map((event) => event.message).join('; '),
        kind,
        ...(rule === null ? {} : { rule }),
        ...(target === '' ? {} : { target }),
        notification: id,
      })
      return 'logged'
    },
    close() {},
  }),
})
