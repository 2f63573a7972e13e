/** A named address that rules may use in place of the address itself, such as the on-call team. */
export type Target = {
  readonly id: number
  readonly name: string
  /** Name of the channel that reaches it. */
  readonly channel: string
  /** As the channel understands it. */
  readonly address: string
}

/** Names of rules, windows and targets: 1 to 100 characters on one line. */
export function isLabel(name: string): boolean {
  return name.trim() === name && name.length > 0 && name.length <= 100 && !/\p{Cc}/u.test(name)
}

/**
 * The address that a rule's target means: that of the target of its channel that has this name, else the text
 * itself.
 */
export function resolveTarget(
  rule: { readonly channel: string; readonly target: string },
  targets: readonly Target[],
): string {
  const found = targets.find(({ channel, name }) => channel === rule.channel && name === rule.target)
  return found?.address ?? rule.target
}

/** As others than administrators may see it: an address of the web often holds its secret in the path. */
export function maskTarget(address: string): string {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return address
  const { protocol, host } = new URL(address)
  return `${protocol}//${host}/…`
}
