import type { EventReport } from '../domain/event.ts'
import type { HostFacts } from '../domain/hosts/host.ts'
import type { BatchNumbers, QueueIdentity } from './numbering.ts'

/**
 * Our dialect of the wire: newline-delimited JSON, one batch a line, each answered by its id.
 *
 * ```
 * > {"v":1,"id":1,"host":"web01","passphrase":"…","key":"…","clock":1573000000,"facts":{…},
 *    "layout":1,"metrics":["perf.processor.percent.used",…],"frames":[[1573000000,12.5,…]],"events":[…]}
 * < {"id":1,"stored":true}
 * > {"v":1,"id":2,"host":"web01","layout":1,"frames":[[1573000060,13,…]]}
 * < {"id":2,"error":"storage is away","retry":true}
 * ```
 *
 * - `passphrase` or `key` is needed in the first batch of a connection only. A sender without the passphrase
 *   is let in by the key of a host that the server knows, and speaks for that host alone.
 * - `key` is made at random by the agent at its first start. The first key that is said for a new host owns
 *   its name from then on: batches for it with another key, or with none, are refused as a whole. A name that
 *   an agent without a key has used is handed to a key only when a person has released it. The key is said in
 *   the first batch of a connection for a host.
 * - `was` beside `key` lists the names that the machine had before, the newest first, at most MAX_FORMER_NAMES,
 *   while it goes by another one: the host of one of them that has this key goes by `host` from then on. A name
 *   that a person gave it stays.
 * - `enroll` beside `key` is the secret of an enrolment code, by which a new host joins without the
 *   passphrase: the server takes the key for the host's, and one use of the code.
 * - `metrics` names the columns of `frames` and is kept on the connection under the number `layout`; a later
 *   batch of the same connection may give the number alone. A number may be given anew, with other names.
 * - A frame is `[time, value, …]`, a value null where the metric has none; numbers may be strings.
 * - A long line travels packed: a line `{"v":1,"encoding":"zstd","bytes":N,"size":M}` and then N bytes that
 *   unpack to M bytes, the JSON of one batch without a line end. `gzip` is taken too.
 * - `facts` may tell as `thresholds` what the agent evaluates, at most 500, those of its configuration before
 *   the standard ones:
 *   `{"metric":"perf.memory.*","severity":2,"compare":">","value":95,"duration":900,"clearAfter":null,"clearValue":93,"isStandard":false}`.
 *   Nothing comes back for it: whoever reads them only shows them. Who does not know them leaves them alone.
 * - A batch of which only some values are bad is stored without them and answered
 *   `{"id":3,"stored":true,"refused":2,"reason":"…"}`: sending these again would not help.
 * - An answer that something is stored tells the server's clock as `clock` when the one that the batch said
 *   is more than MAX_CLOCK_DIFFERENCE seconds off; without it the two agree. Frames that are more than
 *   MAX_TIME_AHEAD seconds ahead of the server's clock are not stored, which the answer counts as `later`:
 *   `{"id":3,"stored":true,"clock":1573000000,"later":4}`. They are neither bad nor lost: the agent keeps
 *   them until the server's clock has come near. Events are taken whatever their time.
 * - `open` lists, in the form of `events`, all events of the agent that are open; it may come once a
 *   connection. The server opens those that it lacks and closes those of its own list that are not in it, but
 *   leaves alone what a person closed. An agent that has lost its state does not say it.
 * - A batch with passphrase or key and without rows is a greeting: it is no sign of life of the host, which a
 *   batch without them is, also an empty one. A path that drops large packets lets a greeting pass and
 *   nothing else.
 * - `queue` says in the greeting, and when it changed, which queue the agent sends from: `id` names the row of
 *   numbers, `run` is another one at each start of the agent, `uptime` are the seconds since. `newest` is the
 *   highest number given, and `unconfirmed` lists those up to it that no server has confirmed, as
 *   `[first, last, …]`: a server that lacks others has gone back to a database of before.
 * - `numbers` are those of the frames and `eventNumbers` those of the events, in their order, as
 *   `[first, last, …]`; `numbers` of one frame are that number alone. Every frame and event has one, counted up
 *   for ever. `waiting` is the lowest number that may still come, that of the first frame where it is not said:
 *   what is below it and neither came nor is told in `lost` is a hole. `lost` lists
 *   what never comes as `[first, last, reason, from, to, count]`, until a batch that says it is stored; for
 *   times without samples to which no number was given, first and last are 0. Agents that number nothing say
 *   none of it.
 * - After an answer with `"retry":false` and no id the server closes the connection.
 */
export type Batch = {
  readonly id: number
  readonly host: string
  readonly passphrase?: string
  readonly key?: string
  /** Names that the machine had before, the newest first. */
  readonly was?: readonly string[]
  /** The secret of an enrolment code. */
  readonly enroll?: string
  /** Agent's clock at sending, whole seconds since 1970. */
  readonly clock?: number
  readonly facts?: HostFacts
  readonly metrics: readonly string[]
  /** Rows `[time, value of metrics[0], …]`. */
  readonly frames: readonly (readonly (number | null)[])[]
  readonly events: readonly EventReport[]
  /** Every event that is open, once a connection. */
  readonly open?: readonly EventReport[]
  readonly queue?: QueueIdentity
  readonly numbers?: BatchNumbers
}

export type Reply =
  | {
      readonly id: number
      readonly stored: true
      /** The server's clock when it received the batch; left out when the agent's agreed with it. */
      readonly clock?: number
      /** Frames that were not stored because they are from the future by that clock. */
      readonly later?: number
      readonly refused?: number
      readonly reason?: string
    }
  | { readonly id: number | null; readonly error: string; readonly retry: boolean }

/** Bounds of one batch, kept by the agent and enforced by the collect engine. */
export const MAX_BATCH_FRAMES = 1000
export const MAX_BATCH_EVENTS = 1000
export const MAX_BATCH_BYTES = 4 * 1024 * 1024
/**
 * The size of a message, packed or unpacked, before its sender has proved itself. A greeting takes about 500
 * bytes.
 */
export const MAX_UNKNOWN_BYTES = 128 * 1024
export const MAX_METRIC_SETS = 256
export const MAX_METRICS = 4096

/** Lines of this length or more are packed by the agent when that makes them shorter. */
export const PACK_FROM_BYTES = 2048

/** Bounds of a key, in characters. */
export const MIN_KEY_LENGTH = 16
export const MAX_KEY_LENGTH = 256
/** The greatest number of former names that an agent sends. */
export const MAX_FORMER_NAMES = 4
/** Hosts whose keys a connection keeps; a connection for more hosts has to send the keys again. */
export const MAX_CONNECTION_HOSTS = 1000

/** An answer contains the server's clock when the agent's is further off than this, in seconds. */
export const MAX_CLOCK_DIFFERENCE = 60

/** No reply is longer, its line end included. */
export const MAX_REPLY_BYTES = 4096
