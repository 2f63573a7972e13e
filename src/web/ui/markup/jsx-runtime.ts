import { escapeHtml, Html, type HtmlValue, renderValue } from './html.ts'
import type { AttributeValue, Elements } from './jsx-elements.ts'

/**
 * The functions that the compiler calls for TSX. Each element becomes text at once: there is no tree to keep
 * or to compare. `tsc` checks the names of elements and attributes with `jsx-elements.ts`.
 */
export declare namespace JSX {
  type Element = Html
  interface ElementChildrenAttribute {
    children: unknown
  }
  interface IntrinsicElements extends Elements {}
}

type Properties = { readonly [name: string]: AttributeValue | HtmlValue } & { readonly children?: HtmlValue }

/** Elements of HTML that have no end tag, and shapes of SVG that end where they begin. */
const ENDS: ReadonlyMap<string, string> = new Map([
  ...['br', 'col', 'hr', 'img', 'input', 'link', 'meta', 'wbr'].map((name) => [name, '>'] as const),
  ...['circle', 'ellipse', 'line', 'path', 'polyline', 'rect'].map((name) => [name, '/>'] as const),
])

/**
 * An element's tags. Most have a class, and there are few classes: those beginnings are kept, which halves
 * the cost of a list.
 */
type Tag = { readonly start: string; readonly end: string | null; readonly starts: Map<string, string> }
const TAGS = new Map<string, Tag>()
const MOST_STARTS = 200

function makeTag(type: string): Tag {
  const tag = { start: `<${type}`, end: ENDS.has(type) ? null : `</${type}>`, starts: new Map() }
  TAGS.set(type, tag)
  return tag
}

function startWithClass({ start, starts }: Tag, name: string): string {
  const text = `${start} class="${escapeHtml(name)}"`
  if (starts.size < MOST_STARTS) starts.set(name, text)
  return text
}

export function jsx(type: string | ((properties: Properties) => Html), properties: Properties): Html {
  if (typeof type === 'function') return type(properties)
  const tag = TAGS.get(type) ?? makeTag(type)
  const { class: classes, children } = properties
  let text =
    typeof classes === 'string' ? (tag.starts.get(classes) ?? startWithClass(tag, classes)) : tag.start
  for (const name in properties) {
    if (name === 'children') continue
    const value = properties[name]
    if (typeof value === 'string') {
      if (name !== 'class') text += ` ${name}="${escapeHtml(value)}"`
    } else if (typeof value === 'number') text += ` ${name}="${value}"`
    else if (value === true) text += ` ${name}`
    else if (Array.isArray(value)) text += listAttribute(name, value.filter(Boolean))
  }
  if (tag.end === null) return new Html(text + (ENDS.get(type) ?? '>'))
  return new Html(`${text}>${renderValue(children)}${tag.end}`)
}

const listAttribute = (name: string, words: readonly unknown[]) =>
  words.length === 0 ? '' : ` ${name}="${escapeHtml(words.join(' '))}"`

/** The compiler calls it for an element with several children. */
export const jsxs = jsx

/** Several pieces without an element around them. */
export const Fragment = ({ children }: { readonly children?: HtmlValue }): Html =>
  new Html(renderValue(children))
