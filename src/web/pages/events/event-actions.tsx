/** @jsxImportSource #markup */
import { type Event, MAX_COMMENT } from '../../../domain/event.ts'
import { escapePattern } from '../../changes/mute-host.ts'
import { eventPath } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import type { Html } from '../../ui/markup/html.ts'

/** Everything that can be done about an event, most likely first. */
export function eventActions({ event, csrf }: { readonly event: Event; readonly csrf: string }): Html {
  const path = eventPath(event.id)
  const button = (action: string, words: string, isMain = false) => (
    <button
      type="submit"
      formaction={`${path}/${action}`}
      class={isMain && 'primary'}
      name={action === 'acknowledge' && event.acknowledgedBy !== null && 'again'}
      value="1"
    >
      {words}
    </button>
  )
  return (
    <form class="event-form" method="post" action={`${path}/comment`}>
      {csrfField(csrf)}
      <input type="hidden" name="back" value={path} />
      <label for="comment">Comment</label>
      <textarea id="comment" name="comment" rows={2} maxlength={MAX_COMMENT} />
      <div class="form-end" data-live="actions">
        {event.status === 'open' ? (
          <>
            {button(
              'acknowledge',
              event.acknowledgedBy === null ? 'Acknowledge' : 'Take over',
              event.acknowledgedBy === null,
            )}
            {button('close', 'Close')}
          </>
        ) : (
          button('reopen', 'Reopen')
        )}
        {button('comment', 'Add comment')}
        {event.members.length === 0 && (
          <span class="host-actions">
            <a class="button" href={`${path}/mute`}>
              Mute
            </a>
            <a
              class="button"
              href={`/settings/maintenance/new?host=${encodeURIComponent(escapePattern(event.host))}`}
            >
              Schedule maintenance
            </a>
          </span>
        )}
      </div>
      {event.status === 'open' && (
        <p class="hint-text">Close hides this event until it has recovered and occurs again.</p>
      )}
    </form>
  )
}
