/** @jsxImportSource #markup */
import type { FleetView } from '../../fleet/fleet.ts'
import type { WebContext } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'
import { severityMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'

/**
 * A notice about the machine that Monitor itself runs on, only while it has a problem of severity 1 or 2;
 * Settings show its state at other times.
 */
export function serverTrouble({ byName }: FleetView, { serverName }: WebContext): Html | null {
  const server = byName.get(serverName)
  if (server === undefined || server.worst === null || server.worst > 2) return null
  return (
    <p class={`notice severity-${server.worst}`}>
      {severityMark(server.worst)}
      <span>
        This server, <a href={hostPath(server.name)}>{server.name}</a>, has a problem: monitoring may be
        affected.
      </span>
    </p>
  )
}
