/** @jsxImportSource #markup */
import type { Html } from '../../ui/markup/html.ts'

/** Lines for a shell under the name of its system, with a button that copies them. `id` tells them from others of the page. */
export function commandPart(id: string, system: string, lead: string, command: string): Html {
  return (
    <section class="section">
      <div class="section-head">
        <h2>{system}</h2>
        <button type="button" class="small" data-copy={`command-${id}`} hidden>
          Copy
        </button>
      </div>
      <p>{lead}</p>
      <pre class="command" tabindex="0">
        <code id={`command-${id}`}>{command}</code>
      </pre>
    </section>
  )
}
