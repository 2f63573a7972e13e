/** @jsxImportSource #markup */
import { MUTE_TIMES, UNTIL } from '../../changes/mute-host.ts'
import type { WebRequest } from '../../http/route.ts'
import { csrfField } from '../../ui/form-fields.tsx'
import { writeLocalTime, zoneOf } from '../../ui/local-time.ts'
import type { Html } from '../../ui/markup/html.ts'

export type MuteFormOptions = {
  /** Where the form goes. */
  readonly action: string
  /** Where it leads when it is done or left. */
  readonly back: string
  /** The problem of the time that the user entered. */
  readonly problem?: string | undefined
}

/** Buttons for the usual times, and a field for any other. */
export function muteForm(request: WebRequest, { action, back, problem }: MuteFormOptions): Html {
  const zone = zoneOf(request)
  const typed = request.form.get('until')
  // The next full hour but one: neither over at once nor long.
  const until = typed ?? writeLocalTime(Math.ceil(request.now / 3600) * 3600 + 3600, zone)
  return (
    <form class="form mute-form" method="post" action={action}>
      {csrfField(request.csrf)}
      <input type="hidden" name="back" value={back} />
      <p class="hint-text">
        Notifications of this host are held. What is still open at the end is sent then.
      </p>
      <div class="form-end">
        {MUTE_TIMES.map(({ seconds, words }) => (
          <button type="submit" name="seconds" value={String(seconds)} class={seconds === 3600 && 'primary'}>
            {words}
          </button>
        ))}
      </div>
      <div class="field">
        <label for="field-until">Or until ({zone})</label>
        <div class="field-and-button">
          <input
            id="field-until"
            type="datetime-local"
            name="until"
            value={until}
            aria-invalid={problem !== undefined && 'true'}
            aria-describedby={problem !== undefined && 'problem-until'}
          />
          <button type="submit" name="seconds" value={UNTIL}>
            Mute until then
          </button>
        </div>
        {problem !== undefined && (
          <p class="field-problem" id="problem-until" role="alert">
            {problem}
          </p>
        )}
      </div>
      <p>
        <a class="button" href={back}>
          Cancel
        </a>
      </p>
    </form>
  )
}
