/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { MUTE_TIMES } from '../../changes/mute-host.ts'
import { eventPath } from '../../ui/components.tsx'
import type { Html } from '../../ui/markup/html.ts'

/** Buttons that hold the notifications of a host for some time; `path` is where their form is posted to. */
export const muteChoices = (path: string): Html => (
  <>
    {MUTE_TIMES.map(({ seconds, words }) => (
      <button type="submit" name="seconds" value={String(seconds)} formaction={path}>
        Mute host for {words}
      </button>
    ))}
    <a class="button" href={path}>
      Mute host until…
    </a>
  </>
)

export type EventMenuOptions = {
  /** What its button is read out as, behind the host. */
  readonly what: string
  /** Adds an entry that leads to the page of the event. */
  readonly opens?: boolean
}

/** What may be done with an open event beside acknowledging it; stands in a form. */
export function eventMenu({ id, host, members }: Event, { what, opens = false }: EventMenuOptions): Html {
  const path = eventPath(id)
  return (
    <details class="menu" name="event-menu" id={`more-${id}`}>
      <summary class="button small" aria-label={`More for ${host}, ${what}`}>
        ⋯
      </summary>
      <div class="menu-body">
        {members.length === 0 && muteChoices(`${path}/mute`)}
        <button type="submit" formaction={`${path}/close`}>
          <span>
            Close
            <span class="soft">hides this until it has recovered and occurs again</span>
          </span>
        </button>
        <a class="button" href={`${path}#comment`}>
          Comment…
        </a>
        {opens && (
          <a class="button" href={path}>
            Open
          </a>
        )}
      </div>
    </details>
  )
}
