import { hideInValue } from '../hide-secrets.ts'
import type { Field, Fields, ValuesOf } from './fields.ts'
import { toKey } from './key.ts'

/**
 * Any number of tables of one shape, `[[section.key]]` in TOML. Each mistake is reported with its place,
 * `[2].severity` counted from 1. They come from the file only.
 */
export function tables<F extends Fields>(options: {
  readonly doc: string
  readonly fields: F
  /** Keys of `fields` that every table has to give. */
  readonly needed?: readonly (keyof F & string)[]
  /** The field whose value no other table may have. */
  readonly unique?: keyof F & string
  /** There may not be more tables. */
  readonly most?: number
  readonly default?: readonly ValuesOf<F>[]
  /** Rows to show in the example file when there is no default. */
  readonly example?: readonly ValuesOf<F>[]
  /**
   * What is wrong with a row whose fields are each valid: the field at fault and what was expected; null when
   * nothing is.
   */
  readonly check?: (
    row: ValuesOf<F>,
  ) => { readonly field: keyof F & string; readonly expected: string } | null
}): Field<readonly ValuesOf<F>[]> {
  const { fields, needed = [] } = options
  const keys = new Map(Object.keys(fields).map((name) => [toKey(name), name]))
  return {
    doc: [options.doc, ...Object.entries(fields).map(([name, { doc }]) => `${toKey(name)}: ${doc}`)].join(
      '\n',
    ),
    default: options.default ?? [],
    secret: false,
    path: false,
    example: showTables(fields, options.example ?? options.default ?? []),
    show: (rows) => showTables(fields, rows),
    readText: (_, report) => {
      report('tables, which only the configuration file can hold')
      return undefined
    },
    read: (raw, report) => {
      if (!Array.isArray(raw)) {
        report('tables, each under a heading in double brackets')
        return undefined
      }
      let sound = true
      const { check, unique, most } = options
      if (most !== undefined && raw.length > most) {
        report(`at most ${most} tables`, '', raw.length)
        return undefined
      }
      const taken = new Set<unknown>()
      const rows = raw.map((table: unknown, index) => {
        const at = `[${index + 1}]`
        const wrong = (expected: string, key: string, value: unknown) => {
          sound = false
          const mask = fields[keys.get(key) ?? '']?.mask
          report(
            expected,
            key === '' ? at : `${at}.${key}`,
            mask === undefined ? value : hideInValue(value, mask),
          )
        }
        if (!isTable(table)) return wrong('a table', '', table)
        const wasSound = sound
        sound = true
        const row: Record<string, unknown> = {}
        for (const [name, field] of Object.entries(fields)) {
          const key = toKey(name)
          const value = table[key]
          if (value === undefined) {
            row[name] = field.default
            if (needed.includes(name)) wrong('to be given', key, undefined)
          } else row[name] = field.read(value, (expected) => wrong(expected, key, value))
        }
        for (const key of Object.keys(table))
          if (!keys.has(key)) wrong(`one of ${[...keys.keys()].join(', ')}`, key, table[key])
        const own = unique === undefined ? undefined : table[toKey(unique)]
        if (unique !== undefined && own !== undefined && taken.has(own))
          wrong('a value that no other table has', toKey(unique), own)
        taken.add(own)
        const fault = sound ? (check?.(row as ValuesOf<F>) ?? null) : null
        if (fault !== null) wrong(fault.expected, toKey(fault.field), table[toKey(fault.field)])
        sound &&= wasSound
        return row
      })
      return sound ? (rows as ValuesOf<F>[]) : undefined
    },
  }
}

function showTables(fields: Fields, rows: readonly Readonly<Record<string, unknown>>[]): string {
  const show = (row: Readonly<Record<string, unknown>>) =>
    Object.entries(fields).flatMap(([name, field]) =>
      row[name] === null ? [] : [`${toKey(name)} = ${field.show(row[name])}`],
    )
  return `[${rows.map((row) => `{ ${show(row).join(', ')} }`).join(', ')}]`
}

export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
