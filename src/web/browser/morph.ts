// Changes a part of the page into the newest markup from the server, node by node: unchanged nodes keep
// focus, selection, scroll position and open details.

/** The key that identifies a node among its siblings. `form.id` would be the field of that name. */
function keyOf(node: Node): string | null {
  if (!(node instanceof Element)) return null
  return node.getAttribute('id') || node.getAttribute('data-key') || null
}

type WhenChanged = (element: Element | null) => void

/** `whenChanged` is called with each element whose own text has changed. */
export function morph(old: Element, fresh: Element, whenChanged: WhenChanged = () => {}) {
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const name of old.getAttributeNames())
    if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS'))
      old.removeAttribute(name)
  // Content that a script drew is not part of the server's markup.
  if (!old.hasAttribute('data-kept')) morphChildren(old, fresh, whenChanged)
}

function morphNode(old: ChildNode, fresh: ChildNode, whenChanged: WhenChanged) {
  if (old instanceof Element && fresh instanceof Element && old.nodeName === fresh.nodeName)
    return morph(old, fresh, whenChanged)
  if (!(old instanceof CharacterData && fresh instanceof CharacterData && old.nodeType === fresh.nodeType))
    return old.replaceWith(fresh)
  if (old.data === fresh.data) return
  old.data = fresh.data
  whenChanged(old.parentElement)
}

function morphChildren(old: Element, fresh: Element, whenChanged: WhenChanged) {
  const keyed = new Map<string, ChildNode>()
  for (const child of old.childNodes) {
    const key = keyOf(child)
    if (key) keyed.set(key, child)
  }
  const wanted = new Set([...fresh.childNodes].map(keyOf).filter((key) => key !== null))
  /** Whether a node of the old page has to go before the known one that stands behind it. */
  const isInTheWay = (node: ChildNode) => {
    const key = keyOf(node)
    return node.nodeType === Node.TEXT_NODE || (key !== null && !wanted.has(key))
  }
  let at: ChildNode | null = old.firstChild
  const step = (from: ChildNode) => {
    at = from.nextSibling
    return from
  }
  for (const child of [...fresh.childNodes]) {
    const key = keyOf(child)
    const known = key === null ? undefined : keyed.get(key)
    if (known) {
      // Nodes that are removed are removed first, so that a node that stays need not be moved: moving it
      // would take away the focus.
      while (at && at !== known && isInTheWay(at)) step(at).remove()
      if (at === known) step(known)
      else old.insertBefore(known, at)
      morphNode(known, child, whenChanged)
    } else if (at && key === null && keyOf(at) === null) morphNode(step(at), child, whenChanged)
    else old.insertBefore(child, at)
  }
  while (at) step(at).remove()
}
