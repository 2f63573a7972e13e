import type { CrowdAnswer, CrowdOptions, CrowdRound } from './crowd-agents.ts'

/** Agents on so many processes, so that sending is not what is waited for. */
const PROCESSES = 4

export type Crowd = {
  /** One packet of each agent within `overMs`; the longest and the middle wait of an acknowledgement. */
  send(round: CrowdRound): Promise<Omit<CrowdAnswer, 'agents'>>
  stop(): void
}

/** Connects all agents, each on a connection of its own, and has them say who they are. */
export async function startCrowd(
  agents: number,
  options: Omit<CrowdOptions, 'first' | 'last'>,
): Promise<Crowd> {
  const each = Math.ceil(agents / PROCESSES)
  const processes = Array.from({ length: PROCESSES }, (_, i) =>
    startProcess({ ...options, first: i * each, last: Math.min(agents, (i + 1) * each) }),
  )
  const readAll = async () => {
    const answers = await Promise.all(processes.map(({ read }) => read()))
    return {
      longestMs: Math.max(...answers.map(({ longestMs }) => longestMs)),
      medianMs: Math.max(...answers.map(({ medianMs }) => medianMs)),
    }
  }
  await readAll()
  return {
    send(round) {
      for (const { write } of processes) write(round)
      return readAll()
    },
    stop() {
      for (const { stop } of processes) stop()
    },
  }
}

function startProcess(options: CrowdOptions) {
  const program = `${import.meta.dir}/crowd-agents.ts`
  const child = Bun.spawn([process.execPath, program, JSON.stringify(options)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const reader = child.stdout.getReader()
  const decoder = new TextDecoder()
  let text = ''
  return {
    async read(): Promise<CrowdAnswer> {
      while (!text.includes('\n')) {
        const { value, done } = await reader.read()
        if (done) throw new Error('a process of agents ended before its time')
        text += decoder.decode(value, { stream: true })
      }
      const end = text.indexOf('\n')
      const answer = JSON.parse(text.slice(0, end)) as CrowdAnswer
      text = text.slice(end + 1)
      return answer
    },
    write(round: CrowdRound) {
      child.stdin.write(`${JSON.stringify(round)}\n`)
      child.stdin.flush()
    },
    stop() {
      child.kill('SIGTERM')
    },
  }
}
