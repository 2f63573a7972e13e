import { startSmtpServer } from '../../support/smtp-server.ts'
import { hostName } from '../data.ts'
import { type Benchmark, type Figure, medianOf } from '../figure.ts'
import { openBenchStore } from '../fill.ts'
import { deleteFolder, makeFolder, PASSPHRASE, startOurs } from '../ours.ts'

const TIMES = 3
const SILENCE_SECONDS = 10
const PATIENCE_MS = 120_000

/** From the death of a host, and from a breach of a threshold, until the mail server has the mail. */
export const alerts: Benchmark = {
  name: 'alerts',
  async run(): Promise<Figure[]> {
    const mail = await startSmtpServer()
    const folder = makeFolder()
    await addRule(folder)
    const server = await startOurs(['server'], folder, [
      'mail.server=127.0.0.1',
      `mail.port=${mail.port}`,
      'mail.tls=off',
      'mail.subject=original',
      `events.availability_check=${SILENCE_SECONDS}s`,
    ])
    /** Seconds until the mail about this host and metric is there. */
    const waitForMail = async (host: string, metric: string) => {
      const begun = performance.now()
      while (!mail.mails.some(({ content }) => content.includes(`${host}:${metric}`))) {
        if (performance.now() - begun > PATIENCE_MS) throw new Error(`no mail about ${host}:${metric}`)
        await Bun.sleep(20)
      }
      return (performance.now() - begun) / 1000
    }
    const breaches: number[] = []
    const deaths: number[] = []
    for (let i = 0; i < TIMES; i++) {
      const host = hostName(i)
      await sendOnce(server.collect, host)
      breaches.push(await waitForMail(host, 'perf.memory.percent.used'))
      await sendOnce(server.collect, host)
      deaths.push((await waitForMail(host, 'perf.system.availability.seconds')) - SILENCE_SECONDS)
    }
    await server.stop()
    await mail.stop()
    deleteFolder(folder)
    return [
      figureOf('breach of a threshold to mail', medianOf(breaches, Number), 5),
      figureOf('death of a host to mail, beyond events.availability_check', medianOf(deaths, Number), 15),
    ]
  },
}

const figureOf = (name: string, ours: number, peer: number): Figure => ({
  name,
  unit: 's',
  ours,
  peer,
  peerName: 'goal',
  bound: 1,
})

async function addRule(folder: string) {
  const store = await openBenchStore(folder)
  await store.targets.add({ name: 'bench', channel: 'mail', address: 'bench@example.org' })
  await store.rules.add({
    name: 'bench',
    enabled: true,
    host: '%',
    metric: '%',
    severities: [1, 2, 3, 4],
    onOpening: true,
    onClosing: false,
    onSeverityChange: false,
    channel: 'mail',
    target: 'bench',
    delay: 0,
    repeat: null,
  })
  await store.close()
}

/** A sample and, the first time, an event of a host; ends when both are acknowledged. */
async function sendOnce(port: number, host: string): Promise<void> {
  const time = Math.floor(Date.now() / 1000)
  const event = {
    uid: 'breach',
    change: 1,
    time,
    metric: 'perf.memory.percent.used',
    severity: 2,
    status: 'open',
    message: 'Memory percent used > 90',
    value: 95,
  }
  const line = JSON.stringify({
    v: 1,
    id: 1,
    host,
    passphrase: PASSPHRASE,
    facts: {
      ip: '10.0.0.1',
      platform: 'Linux',
      build: '',
      architecture: '',
      domain: '',
      processors: 1,
      memory_mb: 1,
    },
    layout: 1,
    metrics: ['perf.memory.percent.used'],
    frames: [[time, 95]],
    events: [event],
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: (_, data) => resolve(data.toString('latin1')),
      close: () => reject(new Error('the collect engine closed the connection')),
      error: (_, error) => reject(error),
    },
  })
  socket.write(`${line}\n`)
  const answer = await promise
  socket.end()
  if (!answer.includes('"stored":true')) throw new Error(`the collect engine answered ${answer}`)
}
