import type { HtmlValue } from './html.ts'

/**
 * Null, undefined and false leave an attribute out; true writes its bare name; the words of a list are joined
 * by spaces.
 */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | false | null | undefined)[]

type Text = string | number | false | null | undefined
type OneOf<Word extends string> = Word | false | null | undefined
type Flag = boolean | null | undefined
type Whole = number | false | null | undefined

/**
 * Attributes that every element may have. The compiler lets any name with a hyphen pass; a test holds those
 * to this list.
 */
type Global = {
  readonly children?: HtmlValue
  readonly class?: Text | readonly (string | false | null | undefined)[]
  readonly id?: Text
  readonly title?: Text
  readonly lang?: Text
  readonly hidden?: Flag
  readonly tabindex?: OneOf<'0' | '-1'>
  readonly role?: OneOf<'alert' | 'dialog' | 'group' | 'img' | 'link' | 'list' | 'search' | 'status'>
  readonly 'aria-controls'?: Text
  readonly 'aria-current'?: OneOf<'page' | 'true'>
  readonly 'aria-describedby'?: Text
  readonly 'aria-disabled'?: OneOf<'true'>
  readonly 'aria-expanded'?: OneOf<'true' | 'false'>
  readonly 'aria-haspopup'?: OneOf<'menu' | 'true'>
  readonly 'aria-hidden'?: OneOf<'true'>
  readonly 'aria-invalid'?: OneOf<'true'>
  readonly 'aria-label'?: Text
  readonly 'aria-labelledby'?: Text
  readonly 'aria-live'?: OneOf<'polite'>
  readonly 'aria-pressed'?: OneOf<'true' | 'false'>
  readonly 'aria-selected'?: OneOf<'true' | 'false'>
  readonly 'aria-sort'?: OneOf<'ascending' | 'descending'>
  readonly [name: `data-${string}`]: Text | boolean
}

/** Attributes that a function gives for an element to spread. */
export type Attributes = Omit<Global, 'children'>

type Control = {
  readonly name?: Text
  readonly required?: Flag
  readonly disabled?: Flag
  readonly autofocus?: Flag
  readonly form?: Text
}

type Typed = {
  readonly value?: Text
  readonly placeholder?: Text
  readonly readonly?: Flag
  readonly autocomplete?: Text
  readonly spellcheck?: OneOf<'true' | 'false'>
  readonly autocapitalize?: OneOf<'none'>
  readonly maxlength?: Whole
  readonly minlength?: Whole
}

type InputType =
  | 'checkbox'
  | 'date'
  | 'datetime-local'
  | 'hidden'
  | 'number'
  | 'password'
  | 'radio'
  | 'search'
  | 'text'
  | 'time'

type FormMethod = OneOf<'get' | 'post'>

type HtmlElements = {
  a: { readonly href?: Text; readonly download?: Flag | string; readonly rel?: Text; readonly target?: Text }
  button: Control & {
    readonly type: 'button' | 'submit'
    readonly value?: Text
    readonly formaction?: Text
    readonly formmethod?: FormMethod
  }
  details: { readonly open?: Flag; readonly name?: Text }
  form: { readonly action?: Text; readonly method: FormMethod }
  html: unknown
  input: Control &
    Typed & {
      readonly type: InputType
      readonly checked?: Flag
      readonly list?: Text
      readonly min?: Text
      readonly max?: Text
      readonly step?: Text
      readonly inputmode?: OneOf<'numeric' | 'text'>
    }
  label: { readonly for?: Text }
  link: { readonly rel: string; readonly href: string; readonly type?: Text }
  meta: { readonly name?: Text; readonly content?: Text; readonly charset?: Text }
  option: { readonly value?: Text; readonly selected?: Flag }
  script: { readonly src?: Text; readonly defer?: Flag; readonly type?: Text }
  select: Control
  td: { readonly colspan?: Whole }
  textarea: Control & Typed & { readonly rows?: Whole }
  th: { readonly scope: 'col' | 'row'; readonly colspan?: Whole }
  time: { readonly datetime: string }
}

/** Elements with nothing but what every element may have. */
type PlainName =
  | (
      | 'article'
      | 'aside'
      | 'b'
      | 'body'
      | 'br'
      | 'caption'
      | 'code'
      | 'datalist'
      | 'dd'
      | 'dialog'
      | 'div'
      | 'dl'
    )
  | ('dt' | 'em' | 'fieldset' | 'figcaption' | 'figure' | 'footer' | 'h1' | 'h2' | 'h3' | 'head' | 'header')
  | (
      | 'hr'
      | 'kbd'
      | 'legend'
      | 'li'
      | 'main'
      | 'nav'
      | 'ol'
      | 'p'
      | 'pre'
      | 'section'
      | 'small'
      | 'span'
      | 'strong'
    )
  | ('summary' | 'table' | 'tbody' | 'thead' | 'title' | 'tr' | 'ul' | 'wbr')

type Box = { readonly x?: Text; readonly y?: Text; readonly width?: Text; readonly height?: Text }
type Paint = { readonly fill?: Text; readonly transform?: Text }

type SvgElements = {
  svg: Box & {
    readonly viewBox?: Text
    readonly preserveAspectRatio?: OneOf<'none'>
    readonly 'shape-rendering'?: OneOf<'crispEdges'>
  }
  g: Paint
  path: Paint & { readonly d: string }
  rect: Box & Paint & { readonly rx?: Text }
  line: Paint & { readonly x1?: Text; readonly x2?: Text; readonly y1?: Text; readonly y2?: Text }
  circle: Paint & {
    readonly cx: Text
    readonly cy: Text
    readonly r: Text
    readonly 'stroke-dasharray'?: Text
    readonly 'stroke-dashoffset'?: Text
  }
  text: Paint & { readonly x?: Text; readonly y?: Text }
}

type Own = HtmlElements & SvgElements

/** The elements that pages may have, each with its attributes. */
export type Elements = { readonly [Name in keyof Own]: Global & Own[Name] } & {
  readonly [Name in PlainName]: Global
}
