/** @jsxImportSource #markup */
import type { Rule } from '../../../domain/notifications/rule.ts'
import type { Html } from '../../ui/markup/html.ts'
import { RULES_PATH } from './rules/rule-list.tsx'

/** The rules that send to a target. Rules that contain its address themselves do not follow its changes. */
export function targetUse(
  rules: readonly Rule[],
  stored: { readonly name: string; readonly channel: string },
): Html {
  const used = rules.filter(({ target, channel }) => target === stored.name && channel === stored.channel)
  return (
    <aside class="meaning" aria-label="Rules that send to this target">
      <h2>Used by</h2>
      {used.length === 0 ? (
        <p>No notification rule sends here yet.</p>
      ) : (
        <>
          <ul class="previewed">
            {used.map(({ id, name, enabled }) => (
              <li>
                <a href={`${RULES_PATH}/${id}`}>{name}</a>
                {!enabled && <span class="soft">disabled</span>}
              </li>
            ))}
          </ul>
          <p class="soft">A new name, channel or address holds for their next notification.</p>
        </>
      )}
    </aside>
  )
}
