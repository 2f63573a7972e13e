import { hideInAddress } from '../hide-secrets.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

/** Reports what is wrong with one value. `path` is empty, or leads into the value: `[2].severity`. */
export type ReportProblem = (expected: string, path?: string, value?: unknown) => void

/**
 * One setting: how it is read, shown and explained. A field reports an invalid value and returns undefined
 * then, so that all mistakes of a file can be reported at once.
 */
export type Field<T> = {
  readonly doc: string
  readonly default: T
  /** Secrets are never shown, and `<key>_file` may name a file that holds them. */
  readonly secret: boolean
  /** True when a relative value is to be taken from the folder of the file that names it. */
  readonly path: boolean
  /** From a value as TOML gives it. */
  read(raw: unknown, report: ReportProblem): T | undefined
  /** From a word of the command line or the environment. */
  readText(text: string, report: ReportProblem): T | undefined
  /** The value as TOML, nothing in it hidden but who signs in at an address and its query. */
  show(value: T): string
  /** How a text of it is shown where others may see it, a wrong one, too; `hideInAddress` where there is none. */
  readonly mask?: ((text: string) => string) | undefined
  /** A value to show in the example file when there is no default. */
  readonly example: string
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type ValueOf<F> = F extends Field<infer T> ? T : never
export type ValuesOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

type Doc = { readonly doc: string }
type Limits = { readonly min?: string; readonly max?: string }
/** The default, or where there is none, a value to show. */
type ShownValue = { readonly default?: string; readonly example?: string }
type NumberOptions = Doc & { readonly min?: number; readonly max?: number; readonly example?: number }
type TextOptions = Doc & {
  readonly example?: string
  /** What was expected, as "a …"; null when the text is valid. */
  readonly check?: (text: string) => string | null
  /** How the value is shown where others may see it. */
  readonly mask?: (text: string) => string
}

/** A text; null when it has no default and is not given. */
export function text(options: TextOptions & { readonly default: string }): Field<string>
export function text(options: TextOptions): Field<string | null>
export function text(options: TextOptions & { readonly default?: string }): Field<string> {
  const mask = options.mask ?? hideInAddress
  return scalar(options.doc, options.default ?? null, {
    example: quote(options.default ?? options.example ?? ''),
    read: (raw) => (typeof raw === 'string' && raw !== '' ? raw : undefined),
    readText: (word) => (word === '' ? undefined : word),
    expected: 'a text in quotes, not empty',
    check: options.check,
    show: (value) => (value === null ? quote('') : quote(mask(value))),
    mask,
  }) as Field<string>
}

/**
 * A file or folder. A relative one counts from the folder of the file that names it, else from the current
 * folder.
 */
export function path(options: Doc & { readonly default: string }): Field<string>
/** Null when it is not given. */
export function path(options: Doc & { readonly example: string }): Field<string | null>
export function path(options: TextOptions & { readonly default?: string }): Field<string> {
  return { ...text(options as TextOptions & { readonly default: string }), path: true }
}

/** A text that only this machine may see; null when it is not given. */
export function secret(options: TextOptions): Field<string | null> {
  return { ...text(options), secret: true, show: (value) => quote(value === null ? '' : '********') }
}

/** A whole number. */
export function integer(
  options: Doc & { readonly default: number; min: number; max: number },
): Field<number> {
  const { min, max } = options
  return scalar(options.doc, options.default, {
    read: (raw) => (typeof raw === 'number' && Number.isInteger(raw) ? raw : undefined),
    readText: (word) => (/^-?\d{1,15}$/.test(word) ? Number(word) : undefined),
    expected: `a whole number from ${min} to ${max}`,
    check: (value) => (value < min || value > max ? `a whole number from ${min} to ${max}` : null),
    show: String,
  })
}

/** A number, whole or not; null when it has no default and is not given. Bounds are included. */
export function number(options: NumberOptions & { readonly default: number }): Field<number>
export function number(options: NumberOptions): Field<number | null>
export function number(options: NumberOptions & { readonly default?: number }): Field<number> {
  const { min, max } = options
  const bounds = `${min === undefined ? '' : `, at least ${min}`}${max === undefined ? '' : `, at most ${max}`}`
  const expected = `a number${bounds}`
  return scalar<number | null>(options.doc, options.default ?? null, {
    read: (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined),
    readText: (word) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(word) ? Number(word) : undefined),
    expected,
    check: (value) =>
      value < (min ?? Number.NEGATIVE_INFINITY) || value > (max ?? Number.POSITIVE_INFINITY)
        ? expected
        : null,
    show: String,
    example: String(options.default ?? options.example ?? 0),
  }) as Field<number>
}

/** A TCP port; 0 lets the system choose a free one. */
export function port(options: Doc & { readonly default: number }): Field<number> {
  return integer({ ...options, min: 0, max: 65535 })
}

/** A TCP port as above, or "off" for none. */
export function portOrOff(options: Doc & { readonly default: number }): Field<number | 'off'> {
  const isPort = (value: number) => Number.isInteger(value) && value >= 0 && value <= 65535
  return scalar<number | 'off'>(options.doc, options.default, {
    read: (raw) => (raw === 'off' || (typeof raw === 'number' && isPort(raw)) ? raw : undefined),
    readText: (word) =>
      word === 'off' ? word : /^\d{1,5}$/.test(word) && isPort(Number(word)) ? Number(word) : undefined,
    expected: 'a whole number from 0 to 65535, or "off"',
    show: (value) => (value === 'off' ? quote(value) : String(value)),
  })
}

/** A length of time with its unit (`90s`, `5m`, `12h`, `30d`, `1h30m`); seconds inside. */
export function duration(options: Doc & Limits & { readonly default: string }): Field<number>
/** Null when it is not given. */
export function duration(options: Doc & Limits & { readonly example: string }): Field<number | null>
export function duration(options: Doc & Limits & ShownValue): Field<number> {
  const words = 'a duration with its unit (s, m, h or d), such as'
  return measured(options, parseDuration, formatDuration, words) as Field<number>
}

/** An amount of bytes with its unit (`512KiB`, `64MiB`, `1GiB`); bytes inside. */
export function bytes(options: Doc & Limits & { readonly default: string }): Field<number> {
  const words = 'a size with its unit (B, KiB, MiB or GiB), such as'
  return measured(options, parseBytes, formatBytes, words) as Field<number>
}

/** One word of a few. */
export function oneOf<const T extends string>(
  words: readonly T[],
  options: Doc & { readonly default: NoInfer<T> },
): Field<T> {
  const find = (raw: unknown) => words.find((word) => word === raw)
  return scalar(options.doc, options.default, {
    read: find,
    readText: find,
    expected: `one of ${words.map(quote).join(', ')}`,
    show: quote,
  })
}

/** true or false. */
export function flag(options: Doc & { readonly default: boolean }): Field<boolean> {
  return scalar(options.doc, options.default, {
    read: (raw) => (typeof raw === 'boolean' ? raw : undefined),
    readText: (word) => (word === 'true' ? true : word === 'false' ? false : undefined),
    expected: 'true or false',
    show: String,
  })
}

/** Several texts: an array in TOML (one text alone is taken too), separated by commas elsewhere. */
export function list(
  options: Doc & {
    /** Empty unless given. */
    readonly default?: readonly string[]
    readonly example?: readonly string[]
    /** What was expected of the items, in the plural, when this one is wrong; otherwise null. */
    readonly check?: (item: string) => string | null
    /** How an item is shown where others may see it. */
    readonly mask?: (item: string) => string
  },
): Field<readonly string[]> {
  const show = (items: readonly string[]) => `[${items.map(quote).join(', ')}]`
  const mask = options.mask ?? hideInAddress
  const isText = (item: unknown): item is string => typeof item === 'string' && item !== ''
  return scalar<readonly string[]>(options.doc, options.default ?? [], {
    example: show(options.default ?? options.example ?? []),
    read: (raw) => {
      const items: unknown[] = Array.isArray(raw) ? raw : [raw]
      return items.every(isText) ? items : undefined
    },
    readText: (word) => (word === '' ? [] : word.split(',').map((item) => item.trim())),
    expected: 'a list of texts, such as ["one", "two"]',
    check: (items) => {
      for (const item of items) {
        const wrong = item === '' ? 'texts that are not empty' : (options.check?.(item) ?? null)
        if (wrong !== null) return wrong
      }
      return null
    },
    show: (items) => show(items.map(mask)),
    mask,
  })
}

export const quote = (value: string) => JSON.stringify(value)

type Scalar<T> = {
  readonly read: (raw: unknown) => T | undefined
  readonly readText: (word: string) => T | undefined
  readonly expected: string
  readonly check?: ((value: NonNullable<T>) => string | null) | undefined
  readonly show: (value: T) => string
  readonly mask?: ((text: string) => string) | undefined
  readonly example?: string
}

function scalar<T>(doc: string, standard: T, how: Scalar<T>): Field<T> {
  const evaluate = (value: T | undefined, report: ReportProblem) => {
    const wrong =
      value === undefined
        ? how.expected
        : value === null
          ? null
          : (how.check?.(value as NonNullable<T>) ?? null)
    if (wrong === null) return value
    report(wrong)
    return undefined
  }
  return {
    doc,
    default: standard,
    secret: false,
    path: false,
    read: (raw, report) => evaluate(how.read(raw), report),
    readText: (word, report) => evaluate(how.readText(word), report),
    show: how.show,
    mask: how.mask,
    example: how.example ?? how.show(standard),
  }
}

function measured(
  options: Doc & Limits & ShownValue,
  parse: (text: string) => number | null,
  format: (value: number) => string,
  words: string,
): Field<number | null> {
  const { min, max } = options
  const sample = options.default ?? options.example ?? ''
  const expected = `${words} ${quote(sample)}${min === undefined ? '' : `, at least ${min}`}${max === undefined ? '' : `, at most ${max}`}`
  const must = (word: string) => {
    const value = parse(word)
    if (value === null) throw new Error(`the schema holds ${word}, which is no measure`)
    return value
  }
  const least = min === undefined ? 0 : must(min)
  const most = max === undefined ? Number.MAX_SAFE_INTEGER : must(max)
  return scalar<number | null>(options.doc, options.default === undefined ? null : must(options.default), {
    read: (raw) => (typeof raw === 'string' ? (parse(raw) ?? undefined) : undefined),
    readText: (word) => parse(word) ?? undefined,
    expected,
    check: (value) => (value < least || value > most ? expected : null),
    show: (value) => quote(value === null ? '' : format(value)),
    example: quote(format(must(sample))),
  })
}
