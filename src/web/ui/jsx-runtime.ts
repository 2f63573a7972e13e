import { escapeHtml, Html, type HtmlValue, renderValue } from './html.ts'
import type { AttributeValue, Elements } from './jsx-elements.ts'

/**
 * What the compiler turns TSX into. Each element becomes a piece of text at once: there is no tree to keep or to compare.
 * `tsc` checks the names of elements and attributes by `jsx-elements.ts`.
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

export function jsx(type: string | ((properties: Properties) => Html), properties: Properties): Html {
  if (typeof type === 'function') return type(properties)
  let text = `<${type}`
  for (const name in properties) {
    if (name === 'children') continue
    const value = properties[name]
    if (typeof value === 'string') text += ` ${name}="${escapeHtml(value)}"`
    else if (typeof value === 'number') text += ` ${name}="${value}"`
    else if (value === true) text += ` ${name}`
    else if (Array.isArray(value)) text += listAttribute(name, value.filter(Boolean))
  }
  const end = ENDS.get(type)
  if (end !== undefined) return new Html(text + end)
  return new Html(`${text}>${renderValue(properties.children)}</${type}>`)
}

const listAttribute = (name: string, words: readonly unknown[]) =>
  words.length === 0 ? '' : ` ${name}="${escapeHtml(words.join(' '))}"`

/** The compiler calls it for an element with several children. */
export const jsxs = jsx

/** Several pieces without an element around them. */
export const Fragment = ({ children }: { readonly children?: HtmlValue }): Html =>
  new Html(renderValue(children))
