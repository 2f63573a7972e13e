import { secret, text } from '../../config/fields.ts'
import { defineChannel, SendError, shorten } from './channel.ts'
import { checkHttpAddress, postJson } from './http.ts'

const MAX_TEXT = 4000

/** A bot of Telegram. */
export const telegram = defineChannel({
  name: 'telegram',
  doc: 'A chat of Telegram, written to by a bot.',
  targetDoc: 'the number of a chat, or the @name of a public channel',
  fields: {
    token: secret({ example: '123456:ABC-DEF', doc: "The bot's token, from @BotFather." }),
    address: text({
      default: 'https://api.telegram.org',
      doc: 'Server of the bot interface.',
      check: checkHttpAddress,
    }),
  },
  checkTarget: (target) =>
    /^(-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})$/.test(target)
      ? null
      : 'the number of a chat, or the @name of a public channel',
  open: (settings, tools) => ({
    async send(notification) {
      const { token } = settings
      if (token === null)
        throw new SendError(
          "Telegram is not set up: give the bot's token as token in the section [telegram]",
          {
            retry: true,
          },
        )
      const body = {
        chat_id: notification.target,
        text: shorten(`${notification.words.subject}\n\n${notification.words.text.trim()}`, MAX_TEXT),
        disable_web_page_preview: true,
      }
      await postJson(
        `${settings.address.replace(/\/+$/, '')}/bot${token}/sendMessage`,
        JSON.stringify(body),
        tools,
        {
          secrets: [token],
        },
      )
      // The answer repeats the whole message.
      return '200 sent'
    },
    close() {},
  }),
})
