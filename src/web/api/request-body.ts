import type { FieldError } from '../../domain/notifications/rule-check.ts'
import { HttpError } from '../http/route.ts'

/**
 * Reading of a JSON body, field by field. What is wrong becomes a 400 that names every field and what was
 * expected.
 */
export type BodyReader = {
  text(field: string, standard?: string): string
  flag(field: string, standard?: boolean): boolean
  number(field: string, standard?: number): number
  /** Null where the field is null or absent. */
  numberOrNull(field: string): number | null
  numbers(field: string, standard?: readonly number[]): readonly number[]
  /** The reader of an object inside. */
  inside(field: string): BodyReader
  /** Throws the 400 when anything was wrong, `more` included, or a field was not asked for. */
  finish(more?: readonly FieldError[]): void
}

/** `body` is null when there was none: an object without fields. */
export function readBody(body: unknown): BodyReader {
  if (body !== null && !isObject(body)) throw new HttpError(400, 'The body has to be a JSON object.')
  const fieldErrors: FieldError[] = []
  const checks: (() => void)[] = []
  const reader = createReader(body ?? {}, '', fieldErrors, checks)
  return {
    ...reader,
    finish(more = []) {
      for (const check of checks) check()
      const wrong = new Map([...more, ...fieldErrors].map(({ field, expected }) => [field, expected]))
      if (wrong.size === 0) return
      throw new HttpError(
        400,
        [...wrong].map(([field, expected]) => `${field}: expected ${expected}`).join('; '),
      )
    },
  }
}

function createReader(
  fields: Readonly<Record<string, unknown>>,
  path: string,
  fieldErrors: FieldError[],
  checks: (() => void)[],
): BodyReader {
  const asked = new Set<string>()
  const refuse = (field: string, expected: string) => {
    fieldErrors.push({ field: `${path}${field}`, expected })
  }
  /** The value when it is of the kind, the standard when it is absent; a mistake and `otherwise` else. */
  function take<T>(
    field: string,
    isRight: (value: unknown) => value is T,
    {
      expected,
      standard,
      otherwise,
    }: { readonly expected: string; readonly standard: T | undefined; readonly otherwise: T },
  ): T {
    asked.add(field)
    const value = fields[field]
    if (isRight(value)) return value
    if (value === undefined && standard !== undefined) return standard
    refuse(field, expected)
    return otherwise
  }
  checks.push(() => {
    for (const field of Object.keys(fields))
      if (!asked.has(field)) refuse(field, `one of ${[...asked].join(', ')} in its place`)
  })

  return {
    text: (field, standard) => take(field, isText, { expected: 'a text', standard, otherwise: '' }),
    flag: (field, standard) => take(field, isFlag, { expected: 'true or false', standard, otherwise: false }),
    number: (field, standard) =>
      take(field, isNumber, { expected: 'a whole number', standard, otherwise: 0 }),
    numberOrNull(field) {
      asked.add(field)
      const value = fields[field] ?? null
      if (value === null || isNumber(value)) return value
      refuse(field, 'a whole number or null')
      return null
    },
    numbers: (field, standard) =>
      take(field, isNumbers, { expected: 'a list of whole numbers', standard, otherwise: [] }),
    inside(field) {
      const value = take(field, isObject, { expected: 'an object', standard: undefined, otherwise: {} })
      return createReader(value, `${path}${field}.`, fieldErrors, checks)
    },
    finish() {},
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value)
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length <= 100 && value.every(isNumber)
