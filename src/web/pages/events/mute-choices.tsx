/** @jsxImportSource #markup */
import { MUTE_TIMES } from '../../changes/mute-host.ts'
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
