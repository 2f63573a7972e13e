/** A process that ran when a problem began. */
export type RunningProcess = {
  readonly id: number
  /** The name of its program, as the kernel has it. */
  readonly name: string
  /** Percent of one processor, over a part of a second. */
  readonly processor: number
  /** Bytes. */
  readonly memory: number
}

/** How many of each kind are reported: those with the most processor time, and those with the most memory. */
export const TOLD_PROCESSES = 5
const MAX_PROCESSES = 2 * TOLD_PROCESSES
const MAX_NAME = 64

/** The five with the most processor time, then those of the five with the most memory that are not among them. */
export function chooseProcesses(all: readonly RunningProcess[]): RunningProcess[] {
  const busiest = [...all]
    .filter(({ processor }) => processor > 0)
    .sort((a, b) => b.processor - a.processor)
    .slice(0, TOLD_PROCESSES)
  const largest = [...all].sort((a, b) => b.memory - a.memory).slice(0, TOLD_PROCESSES)
  return [...busiest, ...largest.filter((one) => !busiest.includes(one))]
}

/** Reads a list that an agent sent or the database holds, without the entries that are malformed. */
export function readProcesses(value: unknown): RunningProcess[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, MAX_PROCESSES).flatMap((one: unknown): RunningProcess[] => {
    if (typeof one !== 'object' || one === null) return []
    const { id, name, processor, memory } = one as Partial<Record<keyof RunningProcess, unknown>>
    if (typeof name !== 'string' || name === '' || !isAmount(id) || !isAmount(processor) || !isAmount(memory))
      return []
    return [{ id, name: name.slice(0, MAX_NAME).toWellFormed(), processor, memory }]
  })
}

const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
