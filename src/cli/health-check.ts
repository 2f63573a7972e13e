import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { DELIVERY_STATUS_FILE, readDeliveryStatus } from '../agent/sending/delivery-status.ts'
import { formatDuration } from '../config/fields/units.ts'
import type { Config } from '../config/schema.ts'
import { describeError } from '../lib/log.ts'
import { fingerprintOf } from '../lib/tls/fingerprint.ts'
import { findCertificate } from '../roles/setup/certificate.ts'
import { nameForClients } from '../roles/web.ts'
import { HEARTBEAT_FILE, readAge } from '../service/heartbeat.ts'
import type { ServiceRole } from '../service/paths.ts'

export type Health = { readonly isSound: boolean; readonly words: string }

/** Longest wait for an answer; a server under load takes its time, one that hangs never answers. */
const LIMIT_MS = 5000

/** Seconds over three intervals that the event engine may take: its tasks are given up one after the other. */
const EVENTS_PATIENCE = 300
/** The agent's file is written within ten seconds of what it says. */
const LEAST_AGENT_PATIENCE = 25

/** Asks a role of this machine how it is, from outside its process. Never rejects. */
export async function checkRole(role: ServiceRole, config: Config, nowMs: number): Promise<Health> {
  try {
    return { isSound: true, words: await CHECKS[role](config, nowMs) }
  } catch (error) {
    return { isSound: false, words: describeError(error) }
  }
}

/** Each throws the problem, or returns what it found. */
const CHECKS: Readonly<Record<ServiceRole, (config: Config, nowMs: number) => Promise<string>>> = {
  server: checkWebsite,
  collect: checkCollect,
  events: checkEvents,
  agent: checkAgent,
}

/** Its own health check, which asks the database too. */
async function checkWebsite(config: Config): Promise<string> {
  const { address, port, tls, tlsPort } = config.web
  const host = forUrl(nameForClients(address, '127.0.0.1'))
  const url = `${tls ? 'https' : 'http'}://${host}:${needPort(tls ? tlsPort : port, 'web')}/healthz`
  const began = performance.now()
  const pinned = tls ? findCertificate('web', config) : null
  const response = await fetchHealth(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(LIMIT_MS),
    // The server's very own certificate, under whatever name it is reached here.
    ...(pinned !== null && { tls: { ca: pinned.certificate, checkServerIdentity: () => undefined } }),
  })
  const text = (await response.text()).trim().slice(0, 200)
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${text}`)
  return `${url} answers ${text} after ${Math.round(performance.now() - began)} ms`
}

async function fetchHealth(url: string, init: BunFetchRequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new Error(`${url} can't be reached`, { cause })
  }
}

/**
 * Over TLS as far as the handshake, which only a process that is alive completes; else as far as the
 * connection.
 */
async function checkCollect(config: Config): Promise<string> {
  const { address, port, tlsPort } = config.collect
  const host = nameForClients(address, '127.0.0.1')
  if (tlsPort !== 'off') {
    const wanted = findCertificate('collect', config)?.fingerprint
    if (wanted === undefined)
      throw new Error('the collect engine has no certificate yet: it was never started')
    const found = await shakeHands(host, needPort(tlsPort, 'collect'))
    if (found !== wanted)
      throw new Error(`${host}:${tlsPort} shows another certificate than that of the configuration`)
    return `${host}:${tlsPort} takes connections over TLS`
  }
  if (port === 'off') throw new Error('collect.port and collect.tls_port are both off')
  const socket = await Bun.connect({ hostname: host, port: needPort(port, 'collect'), socket: { data() {} } })
  socket.end()
  return `${host}:${port} takes connections`
}

/**
 * The fingerprint of the certificate that is presented there; the caller compares it, and nothing is sent on
 * the connection.
 */
function shakeHands(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false, timeout: LIMIT_MS })
    socket.once('secureConnect', () => {
      resolve(fingerprintOf(socket.getPeerCertificate().raw))
      socket.destroy()
    })
    socket.once('timeout', () => {
      reject(new Error(`${host}:${port} does not answer within ${LIMIT_MS / 1000} s`))
      socket.destroy()
    })
    socket.once('error', (error) => reject(new Error(`${host}:${port} can't be reached`, { cause: error })))
  })
}

/** The last cycle is not long ago. */
async function checkEvents(config: Config, nowMs: number): Promise<string> {
  const file = join(config.dataDir, HEARTBEAT_FILE)
  return checkAge({
    who: 'the event engine',
    did: 'ended a cycle',
    files: [file],
    limit: 3 * config.events.interval + EVENTS_PATIENCE,
    nowMs,
  })
}

/**
 * A server acknowledged something within three intervals. An agent that has only just started has as long; after a
 * restart it is still said since when nothing was acknowledged.
 */
async function checkAgent(config: Config, nowMs: number): Promise<string> {
  const file = join(config.dataDir, DELIVERY_STATUS_FILE)
  const status = readDeliveryStatus(file)
  if (status === null) throw new Error(existsSync(file) ? `${file} can't be read` : notYet('the agent', file))
  const patience = Math.max(3 * config.agent.interval, LEAST_AGENT_PATIENCE)
  const age = Math.max(0, Math.round(nowMs / 1000 - status.time))
  const { acknowledgedAgo, waiting, failure, running } = status
  const since = acknowledgedAgo === null ? null : acknowledgedAgo + age
  const acknowledged =
    since === null ? 'nothing acknowledged yet' : `last acknowledged ${formatDuration(since)} ago`
  const words = [acknowledged, `${waiting} waiting`, ...(failure === null ? [] : [`last error: ${failure}`])]
  if (age > patience)
    throw new Error([`the agent has not run for ${formatDuration(age)}`, ...words].join('; '))
  const isStarting = running + age <= patience && failure === null
  if ((since === null || since > patience) && !isStarting) throw new Error(words.join('; '))
  return words.join('; ')
}

/** It writes the file as it starts, so it is not running with this configuration, or began this very moment. */
const notYet = (who: string, file: string) =>
  `${who} has not run yet with this configuration: there is no ${file}`

function checkAge({
  who,
  did,
  files,
  limit,
  nowMs,
}: {
  readonly who: string
  readonly did: string
  readonly files: readonly string[]
  readonly limit: number
  readonly nowMs: number
}): string {
  const age = readAge(files, nowMs)
  if (age === null) throw new Error(notYet(who, files[0] ?? ''))
  const words = `${who} ${did} ${Math.round(age)} s ago`
  if (age > limit) throw new Error(words)
  return words
}

function needPort(port: number, section: 'web' | 'collect'): number {
  if (port === 0)
    throw new Error(`the ${section} port is a free one (0), so nobody can know it: give it a number`)
  return port
}

const forUrl = (host: string) => (host.includes(':') ? `[${host}]` : host)
