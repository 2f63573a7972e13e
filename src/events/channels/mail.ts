import type { NodemailerError } from 'nodemailer'
import { oneOf, port, secret, text, type ValuesOf } from '../../config/fields/fields.ts'
import { isMailAddress, parseRecipients } from '../../domain/notifications/mail-address.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import { findTlsTrouble } from '../../lib/tls/tls-error.ts'
import { type ChannelTools, defineChannel, type Notification, SendError, tidyAnswer } from './channel.ts'
import { type MailMessage, writeMail } from './mail-message.ts'

/** The longest waits for a mail server. */
export const MAIL_TIMEOUTS = {
  /** For a connection, and for the answer of the name server. */
  connectMs: 30_000,
  /** A server may take its time over the greeting. */
  greetingMs: 60_000,
  /**
   * For any answer: the five minutes that RFC 5321 4.5.3.2 allows for one to a command, and a quarter more.
   * The ten minutes that it allows after the final dot are longer than one mail may take.
   */
  silenceMs: 375_000,
}
/** Longest time for one mail, whatever the server sends meanwhile. */
const SEND_LIMIT_MS = 540_000
/** A connection is kept for a storm of notifications, not for the day. */
const IDLE_MS = 5000

const FIELDS = {
  server: text({ example: 'mail.example.org', doc: 'Mail server that takes what is to be sent.' }),
  port: port({ default: 25, doc: 'Its port: 25, 587 (with starttls) or 465 (with always).' }),
  tls: oneOf(['auto', 'off', 'starttls', 'always'], {
    default: 'auto',
    doc:
      'Encryption. auto: STARTTLS when the server offers it, without looking at its certificate, ' +
      'unless there is a user, whose password is never sent without; off: none; starttls: demanded; ' +
      'always: from the first byte.',
  }),
  user: text({ example: 'monitor', doc: 'Name to sign in with; none signs in.' }),
  password: secret({ example: 'a password', doc: "The user's password." }),
  from: text({
    example: 'monitor@example.org',
    doc: 'Sender. When not given: monitor at the full name of this machine.',
    check: (address) => (isMailAddress(address) ? null : 'an address such as "monitor@example.org"'),
  }),
  hello: text({
    example: 'monitor.example.org',
    doc: 'Name that this machine says to the mail server (EHLO). When not given: its full name.',
    check: (name) =>
      /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name)
        ? null
        : 'a full name such as "monitor.example.org"',
  }),
  subject: oneOf(['sentence', 'original'], {
    default: 'sentence',
    doc:
      'Subject of a mail about one event. sentence: "[CRITICAL] web01: /var is 96.1 % full"; ' +
      'original: "web01:perf.filesystem.dev.sda1.percent.used:critical:open", for filters made for the ' +
      'original product.',
  }),
  ca: secret({
    example: '-----BEGIN CERTIFICATE----- …',
    doc: 'Certificates (PEM) that the server is checked by, in place of those that everybody trusts.',
  }),
}

type MailSettings = ValuesOf<typeof FIELDS>

const NOT_SET_UP = 'mail is not set up: set mail.server in the configuration'

/** Mail through a server, in text and HTML. */
export const mail = defineChannel({
  name: 'mail',
  doc: 'Email, through a mail server.',
  targetDoc: 'one or several mail addresses, separated by commas',
  fields: FIELDS,
  checkTarget: (target) =>
    parseRecipients(target) === null ? 'mail addresses such as "ann@example.org, bob@example.org"' : null,
  splitTarget: (target) => parseRecipients(target) ?? [target],
  findMissing: ({ server }) => (server === null ? NOT_SET_UP : null),
  open: (settings, tools) => openMail(settings, tools),
})

export function openMail(settings: MailSettings, tools: ChannelTools, timeouts = MAIL_TIMEOUTS) {
  let pool: Promise<Pool> | null = null
  const drop = () => {
    const dropped = pool
    pool = null
    // A pool that never came up was reported to its caller.
    dropped?.then((one) => one.close({ force: true })).catch(() => {})
  }
  return {
    async send(notification: Notification) {
      const { server } = settings
      if (server === null) throw new SendError(NOT_SET_UP, { retry: true })
      const to = parseRecipients(notification.target)
      if (to === null)
        throw new SendError('the target is no list of mail addresses: correct it in the rule', {
          retry: false,
        })
      const from = settings.from ?? `monitor@${tools.machine}`
      const hello = settings.hello ?? nameQualified(tools.machine)
      pool ??= openPool(server, { ...settings, hello }, timeouts)
      const mail = writeMail(notification, {
        from,
        to,
        nowMs: tools.clock.nowMs(),
        subject: settings.subject,
      })
      const sending = pool.then(async (open) => open.sendMail(await announceSize(mail)))
      const info = await within(tools.clock, SEND_LIMIT_MS, sending, drop).catch((error: unknown) => {
        throw explain(error, server, settings)
      })
      return describeAnswer(info, settings)
    },
    close: drop,
  }
}

/**
 * Null for a machine whose name has no domain: a mail server that checks the name would refuse it, so it is
 * sent an address instead.
 */
const nameQualified = (machine: string): string | null => (machine.includes('.') ? machine : null)

type Pool = Awaited<ReturnType<typeof openPool>>

async function openPool(server: string, settings: MailSettings, timeouts: typeof MAIL_TIMEOUTS) {
  // Loaded when the first mail is sent: the agent, which is the same program, has no use for it.
  const { createTransport } = await import('nodemailer')
  return createTransport({
    pool: true,
    host: server,
    port: settings.port,
    ...describeTls(settings),
    ...(settings.user === null ? {} : { auth: { user: settings.user, pass: settings.password ?? '' } }),
    maxConnections: 2,
    idleTimeout: IDLE_MS,
    // A connection that the server closed while it was idle is noticed at the next mail.
    maxRequeues: 1,
    // The library ends the wait for the greeting with it, too.
    connectionTimeout: timeouts.connectMs + timeouts.greetingMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.silenceMs,
    dnsTimeout: timeouts.connectMs,
    ...(settings.hello !== null && { name: settings.hello }),
    maxResponseSize: 64 * 1024,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** The mail with its length, which the library compares with what the server takes, and which a server may refuse. */
async function announceSize(mail: MailMessage) {
  const { createTransport } = await import('nodemailer')
  const { message } = await createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  }).sendMail(mail)
  const size = Buffer.isBuffer(message) ? message.length : 0
  return { ...mail, envelope: { from: mail.from, to: mail.to, size } }
}

/** With a user `auto` demands what it otherwise only likes: a password is worth a thief's trouble. */
function describeTls({ tls, user, ca }: MailSettings) {
  const trust = ca === null ? {} : { ca }
  if (tls === 'off') return { secure: false, ignoreTLS: true }
  if (tls === 'always') return { secure: true, tls: trust }
  if (tls === 'starttls' || user !== null) return { secure: false, requireTLS: true, tls: trust }
  // A server that offers STARTTLS and then can't do it still takes mail.
  return { secure: false, opportunisticTLS: true, tls: { rejectUnauthorized: false } }
}

type MailAnswer = { readonly response: string; readonly rejected: readonly (string | { address: string })[] }

/** Some recipients may be refused while others are not; sending again would trouble those that have it. */
function describeAnswer({ response, rejected }: MailAnswer, { password }: MailSettings): string {
  const refused = rejected.map((one) => (typeof one === 'string' ? one : one.address))
  const text = refused.length === 0 ? response : `${response} (refused: ${refused.join(', ')})`
  return tidyAnswer(text, [password])
}

const ADVICE: Readonly<Record<string, string>> = {
  EAUTH: 'check user and password in the section [mail]',
  ENOAUTH: 'check user and password in the section [mail]',
  EDNS: 'check server in the section [mail]',
  ESOCKET: 'check server and port in the section [mail]',
  ETIMEDOUT: 'the mail server did not answer in time',
  ETLS: 'check tls and ca_file in the section [mail]',
  EENVELOPE: 'check the addresses: target of the rule, from in the section [mail]',
}

/** No such mailbox, and not local, as answers to RCPT TO (RFC 5321 4.2.3): waiting makes no mailbox. */
const NO_MAILBOX: readonly number[] = [550, 551, 553]
/** Mailbox full, of RFC 3463: a 550 may carry it, and it passes. */
const PASSES = /\b[45]\.2\.2\b|full|quota/i

function explain(error: unknown, server: string, settings: MailSettings): SendError {
  if (error instanceof SendError) return error
  const { code = '', responseCode = 0, command = '', message } = error as NodemailerError
  const said = `${server}:${settings.port}: ${tidyAnswer(describeError(error), [settings.password])}`
  const advice = adviseOn(error, code, settings)
  // All other failures can be corrected or pass, and the notification is still wanted then.
  const isFinal = command === 'RCPT TO' && NO_MAILBOX.includes(responseCode) && !PASSES.test(message)
  return new SendError(advice === undefined ? said : `${said}; ${advice}`, {
    retry: !isFinal,
    // The connection stood and went silent: the mail may have been taken.
    isUncertain: code === 'ETIMEDOUT' && message === 'Timeout',
    isTooLarge: (responseCode === 552 && command !== 'RCPT TO') || /size larger than allowed/i.test(message),
  })
}

function adviseOn(error: unknown, code: string, { tls }: MailSettings): string | undefined {
  if (findTlsTrouble(error) !== null || isCertificateTrouble(error)) return ADVICE.ETLS
  // Where TLS begins at once, the server waits for us as we wait for its greeting.
  const isSilent = error instanceof Error && error.message === 'Greeting never received'
  return isSilent && tls !== 'always'
    ? 'a port that begins with TLS, as 465 does, needs mail.tls = "always"'
    : ADVICE[code]
}

function isCertificateTrouble(error: unknown): boolean {
  return /certificate|SSL|TLS|self.signed/i.test(error instanceof Error ? error.message : '')
}

/** Gives up waiting after a time. */
async function within<T>(clock: Clock, ms: number, work: Promise<T>, giveUp: () => void): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = clock.after(ms, () => {
    giveUp()
    limit.reject(
      new SendError(`the mail server did not take the mail within ${ms / 1000} seconds`, {
        retry: true,
        isUncertain: true,
      }),
    )
  })
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    timer.cancel()
  }
}
