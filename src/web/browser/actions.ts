// Forms marked `data-action` are sent without leaving the page: it shows the result, and offers to undo it
// for some seconds. Without scripts the same forms lead back to the page, which shows the result.
import { BASE_PATH } from './base-path.ts'
import { closest } from './dom.ts'
import { refresh } from './live.ts'

/** Milliseconds that the way to undo is offered. */
const OFFERED = 8000

type ActionReply = { readonly words: string; readonly undo: string | null; readonly error?: string }

const toast = document.createElement('div')
toast.className = 'toast'
toast.setAttribute('role', 'status')
document.body.append(toast)

let timer: ReturnType<typeof setTimeout> | null = null

function say(words: string, undo: (() => void) | null) {
  if (timer !== null) clearTimeout(timer)
  const text = document.createElement('span')
  text.textContent = words
  toast.replaceChildren(text)
  if (undo) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = 'Undo'
    button.addEventListener('click', undo)
    toast.append(button)
  }
  timer = setTimeout(() => toast.replaceChildren(), OFFERED)
}

async function post(address: string, fields: URLSearchParams): Promise<ActionReply | null> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      body: fields,
      headers: { accept: 'application/json' },
      credentials: 'same-origin',
    })
    if (response.status === 401) location.reload()
    if (response.redirected || !response.headers.get('content-type')?.startsWith('application/json'))
      return { words: response.ok ? 'Done.' : 'The server could not do this.', undo: null }
    const answer: ActionReply = await response.json()
    return answer.error === undefined ? answer : { words: answer.error, undo: null }
  } catch {
    return { words: 'The server does not respond. Nothing was changed.', undo: null }
  }
}

/** Sends a form as its button would, and shows what came of it. */
export async function act(form: HTMLFormElement, submitter: HTMLElement | null) {
  const button = submitter instanceof HTMLButtonElement ? submitter : null
  const fields = new URLSearchParams()
  for (const [name, value] of new FormData(form, button))
    if (typeof value === 'string') fields.append(name, value)
  const address = button?.hasAttribute('formaction') ? button.formAction : form.action
  const row = form.closest('[data-key]')
  row?.setAttribute('aria-busy', 'true')
  await send(address, fields)
  row?.removeAttribute('aria-busy')
  for (const menu of form.querySelectorAll('details[open]')) menu.removeAttribute('open')
}

/** Sends these fields, the page's token among them, and shows what came of it with the way to undo it. */
export async function send(address: string, fields: URLSearchParams) {
  const answer = await post(address, fields)
  if (answer === null) return
  const csrf = fields.get('csrf') ?? ''
  const undo = answer.undo
  say(
    answer.words,
    undo === null
      ? null
      : async () => {
          const undone = await post(`${BASE_PATH}/events/undo`, new URLSearchParams({ csrf, what: undo }))
          if (undone) say(undone.words, null)
          await refresh()
        },
  )
  await refresh()
}

document.addEventListener('submit', (event) => {
  const form = closest(event, 'form[data-action]', HTMLFormElement)
  if (!form || event.defaultPrevented) return
  event.preventDefault()
  void act(form, event.submitter)
})

// ---- Menus close on a click outside of them, and on Escape ----
document.addEventListener('click', ({ target }) => {
  for (const menu of document.querySelectorAll('details.menu[open]'))
    if (!(target instanceof Node && menu.contains(target))) menu.removeAttribute('open')
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  for (const menu of document.querySelectorAll<HTMLElement>('details.menu[open]')) {
    menu.removeAttribute('open')
    menu.querySelector('summary')?.focus()
  }
})

// ---- The result of an action on an earlier page is shown once, and not again when the page is reloaded ----
if (document.querySelector('[data-result]')) {
  const url = new URL(location.href)
  for (const name of ['did', 'undid', 'kept', 'missed']) url.searchParams.delete(name)
  history.replaceState(history.state, '', url)
}
