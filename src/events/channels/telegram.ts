import { secret, text } from '../../config/fields/fields.ts'
import { defineChannel, SendError, shorten } from './channel.ts'
import { checkHttpAddress, postJson } from './http.ts'

const MAX_TEXT = 4000

/** A chat, and behind a slash one of its topics (`message_thread_id`). */
const TARGET = /^(-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})(?:\/(\d{1,10}))?$/

const NOT_SET_UP = 'Telegram is not set up: set telegram.token in the configuration'

/** A bot of Telegram. */
export const telegram = defineChannel({
  name: 'telegram',
  doc: 'A Telegram chat, through a bot.',
  targetDoc: 'the number of a chat (with /NUMBER of a topic behind it), or the @name of a public channel',
  fields: {
    token: secret({ example: '123456:ABC-DEF', doc: "The bot's token, from @BotFather." }),
    address: text({
      default: 'https://api.telegram.org',
      doc: 'Server of the bot interface.',
      check: checkHttpAddress,
    }),
    ca: secret({
      example: '-----BEGIN CERTIFICATE----- …',
      doc: 'Certificates (PEM) that the server is checked by, in place of those that everybody trusts.',
    }),
  },
  checkTarget: (target) =>
    TARGET.test(target)
      ? null
      : 'the number of a chat such as "-1001234567890" or "-1001234567890/77", or an @name',
  findMissing: ({ token }) => (token === null ? NOT_SET_UP : null),
  open: (settings, tools) => ({
    async send(notification) {
      const { token } = settings
      if (token === null) throw new SendError(NOT_SET_UP, { retry: true })
      const address = `${settings.address.replace(/\/+$/, '')}/bot${token}/sendMessage`
      const [, chat = '', topic] = TARGET.exec(notification.target) ?? []
      const post = (chatId: string) =>
        postJson(
          address,
          JSON.stringify({
            chat_id: chatId,
            ...(topic !== undefined && { message_thread_id: Number(topic) }),
            text: shorten(`${notification.words.subject}\n\n${notification.words.details.trim()}`, MAX_TEXT),
            disable_web_page_preview: true,
          }),
          tools,
          { secrets: [token], ca: settings.ca, isConfigured: true },
        )
      const movedTo = await deliver(post, chat)
      if (movedTo !== null) {
        tools.log.warn('a Telegram chat has a new id; use it as the target', { chat, now: movedTo })
        if ((await deliver(post, movedTo)) !== null)
          throw new SendError('Telegram gives the chat one new id after the other', { retry: true })
      }
      // The answer repeats the whole message.
      return '200 sent'
    },
    close() {},
  }),
})

/** Null when it was taken, else the new id of the chat. Throws a SendError, which knows how long to wait. */
async function deliver(post: (chat: string) => Promise<unknown>, chat: string): Promise<string | null> {
  try {
    await post(chat)
    return null
  } catch (error) {
    if (!(error instanceof SendError)) throw error
    const { movedTo, retryAfter } = readParameters(error.body)
    if (movedTo !== null) return movedTo
    if (retryAfter !== null) throw new SendError(error.message, { retry: true, retryAfter })
    throw error
  }
}

/**
 * `parameters` of an error of the bot interface: a group that became a supergroup, or the seconds to wait.
 */
function readParameters(body: string): { movedTo: string | null; retryAfter: number | null } {
  let parameters: { migrate_to_chat_id?: unknown; retry_after?: unknown } = {}
  try {
    parameters = (JSON.parse(body) as { parameters?: typeof parameters }).parameters ?? {}
  } catch {
    // Not an answer of the bot interface.
  }
  const { migrate_to_chat_id: chat, retry_after: seconds } = parameters
  return {
    movedTo: Number.isSafeInteger(chat) ? String(chat) : null,
    retryAfter: typeof seconds === 'number' && seconds >= 0 ? Math.min(seconds, 86_400) : null,
  }
}
