/** @jsxImportSource #markup */
import type { Html } from '../../../ui/markup/html.ts'

/** Words of the guide, each with what it means. */
export const words = (entries: readonly (readonly [Html | string, Html | string])[]) => (
  <dl class="words">
    {entries.map(([name, doc]) => (
      <div>
        <dt>{name}</dt>
        <dd>{doc}</dd>
      </div>
    ))}
  </dl>
)
