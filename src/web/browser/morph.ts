// Changes a part of the page into what the server says now, node by node: what did not change keeps focus,
// selection, scroll position and open details.

/** What tells a node from its siblings. `form.id` would be the field of that name. */
function keyOf(node: Node): string | null {
  if (!(node instanceof Element)) return null
  return node.getAttribute('id') || node.getAttribute('data-key') || null
}

export function morph(old: Element, fresh: Element) {
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const name of old.getAttributeNames())
    if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS'))
      old.removeAttribute(name)
  // What a script drew is no part of what the server says.
  if (!old.hasAttribute('data-kept')) morphChildren(old, fresh)
}

function morphNode(old: ChildNode, fresh: ChildNode) {
  if (old instanceof Element && fresh instanceof Element && old.nodeName === fresh.nodeName)
    return morph(old, fresh)
  if (!(old instanceof CharacterData && fresh instanceof CharacterData && old.nodeType === fresh.nodeType))
    return old.replaceWith(fresh)
  if (old.data === fresh.data) return
  old.data = fresh.data
  tint(old.parentElement)
}

/** What shows a value. Ages change all the time and are none. */
const VALUES = 'td.number, dd, .number, .figures b, .verdict-figures b, .problem-words > a'
const AGES = 'time, .col-since, .col-time, .problem-age'
/** Values that are tinted at once; of more nobody sees which they are. */
const MOST_TINTED = 100
let tinted = 0

/** A value that changed has a tint for a moment: nothing else on a page moves by itself. */
function tint(changed: Element | null) {
  const value = changed?.closest(VALUES)
  if (!value || changed?.closest(AGES) || tinted >= MOST_TINTED) return
  tinted++
  const animation = value.animate(
    [{ backgroundColor: 'var(--tint)' }, { backgroundColor: 'transparent' }],
    1600,
  )
  animation.onfinish = animation.oncancel = () => {
    tinted--
  }
}

function morphChildren(old: Element, fresh: Element) {
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
      // What stays is never moved for what goes: moving takes away the focus.
      while (at && at !== known && isInTheWay(at)) step(at).remove()
      if (at === known) step(known)
      else old.insertBefore(known, at)
      morphNode(known, child)
    } else if (at && key === null && keyOf(at) === null) morphNode(step(at), child)
    else old.insertBefore(child, at)
  }
  while (at) step(at).remove()
}
