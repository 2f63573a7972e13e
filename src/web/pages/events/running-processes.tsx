/** @jsxImportSource #markup */
import type { RunningProcess } from '../../../domain/events/running-process.ts'
import { formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'

const COLUMNS: readonly ListColumn[] = [
  { name: 'Process', breaks: true },
  { name: 'PID', isNumber: true },
  { name: 'CPU', isNumber: true },
  { name: 'Memory', isNumber: true },
]

/** The processes that ran when the problem began, as the agent saw them; null when it recorded none. */
export function processesView(processes: readonly RunningProcess[]): Html | null {
  if (processes.length === 0) return null
  const rows = processes.map(({ id, name, processor, memory }) => ({
    key: `process-${id}`,
    cells: [name, String(id), formatValue(processor, '%'), formatValue(memory, 'B')],
  }))
  return (
    <section class="section" id="processes">
      <h2>What was running</h2>
      <p class="soft">
        The processes with the most CPU and the most memory when the threshold was first breached. 100 % is
        one processor.
      </p>
      {listTable(COLUMNS, rows)}
    </section>
  )
}
