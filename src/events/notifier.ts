import { writeTest } from '../domain/notifications/notification.ts'
import type { AddressRange } from '../lib/address-range.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { type ChannelTools, type Notification, type OpenChannel, SendError } from './channels/channel.ts'
import { CHANNELS, type ChannelSettings, findChannel } from './channels/index.ts'

export type NotifierOptions = {
  /** Read when a channel is used first. */
  readonly settings: ChannelSettings
  /** Name of this machine. */
  readonly machine: string
  /** Addresses that are refused by default but allowed by the configuration. */
  readonly allowAddresses: readonly AddressRange[]
  /** Time zone of the times in notifications. */
  readonly zone: string
  /** Address of the website; null when it is not known. */
  readonly webUrl: string | null
  /** A new id at each call, 1 to 64 letters, digits and hyphens. */
  readonly makeId: () => string
  readonly clock: Clock
  readonly log: Log
}

/** All channels, opened when they are needed. */
export type Notifier = {
  readonly zone: string
  readonly webUrl: string | null
  makeId(): string
  readonly channels: readonly {
    readonly name: string
    readonly doc: string
    readonly targetDoc: string
    checkTarget(address: string): string | null
    /** What its settings lack, as they are now; null where it can send. */
    describeMissing?(): string | null
  }[]
  /** As the channel's own `send`; also throws a `SendError` when there is no such channel. */
  send(channel: string, notification: Notification): Promise<string>
  /** Sends a test message once; never rejects for what the receiver does. */
  sendTest(channel: string, address: string): Promise<{ isDelivered: boolean; answer: string }>
  close(): void
}

export type RenewableNotifier = Notifier & {
  /** Closes every channel; the next message opens it with these settings. */
  renew(settings: NotifierOptions['settings']): void
}

export function createNotifier(options: NotifierOptions): RenewableNotifier {
  let { settings } = options
  const { machine, allowAddresses, zone, webUrl, makeId, clock, log } = options
  const tools: ChannelTools = { clock, log, machine, allowAddresses }
  const open = new Map<string, OpenChannel>()

  function openChannel(name: string): OpenChannel {
    const held = open.get(name)
    if (held) return held
    const channel = findChannel(name)
    if (channel === null) throw new SendError(`there is no channel ${name}`, { retry: false })
    const opened = channel.open(settings, tools)
    open.set(name, opened)
    return opened
  }

  async function send(channel: string, notification: Notification) {
    return openChannel(channel).send(notification)
  }

  function closeAll() {
    for (const channel of open.values()) channel.close()
    open.clear()
  }

  return {
    zone,
    webUrl,
    makeId,
    channels: CHANNELS.map((channel) => ({
      name: channel.name,
      doc: channel.doc,
      targetDoc: channel.targetDoc,
      checkTarget: (address) => channel.checkTarget(address),
      describeMissing: () => channel.findMissing?.(settings) ?? null,
    })),
    send,
    async sendTest(channel, address) {
      const words = writeTest(machine, clock.now(), { zone, link: webUrl })
      const id = `test-${makeId()}`
      try {
        const notification: Notification = {
          id,
          kind: 'test',
          target: address,
          words,
          events: [],
          rule: null,
          link: webUrl,
        }
        return { isDelivered: true, answer: await send(channel, notification) }
      } catch (error) {
        if (error instanceof SendError) return { isDelivered: false, answer: error.message }
        throw error
      }
    },
    renew(renewed) {
      settings = renewed
      closeAll()
    },
    close: closeAll,
  }
}
