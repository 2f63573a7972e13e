/** A new host that may not report until a person approves it. */
export type WaitingHost = {
  readonly name: string
  readonly ip: string
  readonly build: string
  readonly firstSeen: number
  readonly lastSeen: number
  /** False for agents of the original product, which prove nothing. */
  readonly hasKey: boolean
}

/** A waiting host in the API's words. */
export function describeWaitingHost({ name, ip, build, firstSeen, lastSeen, hasKey }: WaitingHost) {
  return { name, ip, build, first_seen: firstSeen, last_seen: lastSeen, has_key: hasKey }
}
