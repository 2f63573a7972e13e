/** @jsxImportSource #markup */
import type { FieldError } from '../../domain/notifications/rule-check.ts'
import type { Html } from './markup/html.ts'
import type { Attributes } from './markup/jsx-elements.ts'

/** The problems of a form, by field; `form` is for a problem that belongs to no field. */
export type Problems = Readonly<Record<string, string>>

type FieldOptions = {
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  readonly problem?: string | undefined
}

export type TextFieldOptions = FieldOptions & {
  readonly value: string
  readonly type?: 'text' | 'password' | 'number' | 'time' | 'datetime-local' | 'search'
  readonly required?: boolean
  readonly maxLength?: number
  readonly autocomplete?: string
  readonly list?: string
  readonly placeholder?: string
}

export function textField(options: TextFieldOptions): Html {
  const { name, value, type = 'text', required, maxLength, autocomplete = 'off', list, placeholder } = options
  return field(
    options,
    <input
      id={`field-${name}`}
      type={type}
      name={name}
      value={value}
      autocomplete={autocomplete}
      spellcheck={type === 'text' && 'false'}
      maxlength={maxLength !== undefined && maxLength}
      list={list !== undefined && list}
      placeholder={placeholder !== undefined && placeholder}
      required={required}
      {...describedBy(options)}
    />,
  )
}

/** A field of a form that searches: it takes a part of a name. */
export const searchInput = (
  label: string,
  {
    name,
    value,
    placeholder,
    maxLength,
  }: Pick<TextFieldOptions, 'name' | 'value'> & {
    readonly placeholder: string
    readonly maxLength: number
  },
): Html => (
  <label>
    {label}{' '}
    <input
      type="text"
      name={name}
      value={value}
      placeholder={placeholder}
      autocomplete="off"
      spellcheck="false"
      maxlength={maxLength}
    />
  </label>
)

export type Choice = { readonly value: string; readonly words: string }

/** With `shows` the parts of the form that belong to other choices are hidden by script. */
export function choiceField(
  options: FieldOptions & {
    readonly value: string
    readonly choices: readonly Choice[]
    readonly shows?: boolean
  },
): Html {
  const { name, value, choices, shows } = options
  return field(
    options,
    <select id={`field-${name}`} name={name} data-shows={shows} {...describedBy(options)}>
      {choices.map((choice) => (
        <option value={choice.value} selected={choice.value === value}>
          {choice.words}
        </option>
      ))}
    </select>,
  )
}

/** Several boxes under one heading. */
export function checkGroup(options: {
  readonly legend: string
  readonly problem?: string | undefined
  readonly boxes: readonly {
    readonly name: string
    readonly value: string
    readonly words: Html | string
    readonly checked: boolean
  }[]
}): Html {
  const { legend, boxes, problem } = options
  return (
    <fieldset class="field checks">
      <legend>{legend}</legend>
      <div class="check-row">
        {boxes.map(({ name, value, words, checked }) => (
          <label class="check">
            <input type="checkbox" name={name} value={value} checked={checked} /> {words}
          </label>
        ))}
      </div>
      {problem !== undefined && <p class="field-problem">{problem}</p>}
    </fieldset>
  )
}

/**
 * The errors that the domain found, by the fields of a form. `places` has the form's field where its name
 * differs from the domain's, and a text of its own where the domain's describes something that no field of a
 * form can contain.
 */
export function placeErrors(
  fieldErrors: readonly FieldError[],
  places: Readonly<Record<string, { readonly field?: string; readonly words?: string }>> = {},
): Problems {
  const problems: Record<string, string> = {}
  for (const { field, expected } of fieldErrors) {
    const { field: place = field, words = `Expected ${expected}.` } = places[field] ?? {}
    problems[place] ??= words
  }
  return problems
}

/** Above a form that was refused. */
export function formProblem(problems: Problems): Html | null {
  const count = Object.keys(problems).length
  if (count === 0) return null
  const words =
    problems.form ?? (count === 1 ? 'One field is not right yet.' : `${count} fields are not right yet.`)
  return (
    <p class="problem" role="alert">
      {words}
    </p>
  )
}

export const csrfField = (csrf: string) => <input type="hidden" name="csrf" value={csrf} />

function field({ name, label, hint, problem }: FieldOptions, input: Html): Html {
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      {input}
      {hint !== undefined && (
        <p class="hint-text" id={`hint-${name}`}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p class="field-problem" id={`problem-${name}`}>
          {problem}
        </p>
      )}
    </div>
  )
}

function describedBy({ name, hint, problem }: FieldOptions): Attributes {
  const ids = [hint !== undefined && `hint-${name}`, problem !== undefined && `problem-${name}`].filter(
    Boolean,
  )
  if (ids.length === 0) return {}
  return { 'aria-describedby': ids.join(' '), 'aria-invalid': problem !== undefined && 'true' }
}

/** The page of a form that was refused, with what was typed. */
export function refuseForm(markup: Html, status = 400): Response {
  return new Response(markup.text, { status, headers: { 'content-type': 'text/html; charset=utf-8' } })
}

/** The id at the end of a path; -1 when it is not a number. */
export const readId = (text: string | undefined) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : -1)
