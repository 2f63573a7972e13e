/** @jsxImportSource #markup */
import type { Session } from '../../storage/ports/store.ts'
import { layout } from '../ui/layout/layout.tsx'
import { HttpError } from './route.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  413: 'Too large',
  415: 'Unsupported content type',
  429: 'Too many attempts',
  500: 'Something went wrong',
  503: 'Temporarily unavailable',
}

export type ErrorPageOptions = {
  readonly error: HttpError
  readonly session: Session | null
  readonly csrf: string
}

/** The error as a page of the house. */
export function errorPage({ error, session, csrf }: ErrorPageOptions): Response {
  const title = TITLES[error.status] ?? 'Something went wrong'
  const markup = layout({
    title,
    active: null,
    session,
    csrf,
    body: (
      <section class="failure">
        <p class="failure-status">{error.status}</p>
        <h1>{title}</h1>
        <p>{error.message}</p>
        <p>
          <a href="/">Go to home</a>
        </p>
      </section>
    ),
  })
  return new Response(markup.text, {
    status: error.status,
    headers: { ...error.headers, 'content-type': 'text/html; charset=utf-8' },
  })
}

/** The error as the API gives it: `{"error": "…"}`. */
export function errorJson(error: HttpError): Response {
  return Response.json({ error: error.message }, { status: error.status, headers: error.headers })
}

/** The response to an unexpected error. Details are only logged. */
export function unexpected(databaseAnswers: boolean): HttpError {
  return databaseAnswers
    ? new HttpError(500, 'The server could not answer this request. See its log.')
    : new HttpError(503, 'The database does not respond. Try again in a moment.', { 'retry-after': '10' })
}
