import { expect, test } from 'bun:test'
import { readProxyHeader } from '../../src/collect/connection/proxy-protocol.ts'
import { ProtocolDecoder } from '../../src/collect/protocol-decoder.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { NameLists } from '../../src/protocol/names.ts'
import { PlainBatchReader } from '../../src/protocol/plain-batch.ts'
import { ProtocolError } from '../../src/protocol/protocol-error.ts'
import { API } from '../../src/web/api/index.ts'
import { PAGES } from '../../src/web/pages/index.ts'
import { aMachine } from '../config/machine.ts'
import configs from '../fixtures/fuzz/config.json'
import paths from '../fixtures/fuzz/http.json'
import messages from '../fixtures/fuzz/wire.json'
import { startTestSite } from '../web/site.ts'
import { chooseSeed, createRandom, FUZZ_MS, mutate } from './mutate.ts'

const NOW = 1_790_000_000
const LIMIT_MS = FUZZ_MS + 30_000
/** No input may take longer, whatever it is: the longest has 64 KiB, and a second is what 50 MB of JSON take. */
const SLOW_MS = 1000

/** A text of the corpus, changed; and now and then one that is made of two. */
function pick(corpus: readonly string[], random: () => number): string {
  const one = corpus[Math.floor(random() * corpus.length)] ?? ''
  const other = corpus[Math.floor(random() * corpus.length)] ?? ''
  return mutate(random() < 0.2 ? one.slice(0, random() * one.length) + other : one, random)
}

test(
  'the wire takes any bytes, in any pieces, or refuses them in words, and none costs out of line with its size',
  () => {
    const random = createRandom(chooseSeed('the wire'))
    const end = performance.now() + FUZZ_MS
    const nameLists = new NameLists(1 << 20)
    const plainBatches = new PlainBatchReader(nameLists.hosts)
    let count = 0
    let submitted = 0
    for (; performance.now() < end; count++) {
      const text = pick(messages, random)
      const isOpen = random() < 0.8
      const decoder = new ProtocolDecoder({
        nameLists,
        plainBatches,
        legacyBytes: 1 << 20,
        now: () => NOW,
        findPassphrase: () => (isOpen ? 'current' : null),
        findCsvObstacle: () => (isOpen ? null : 'not here'),
        canTake: () => true,
        admit: () => {},
        submit: () => {
          submitted++
        },
        refuseBatch: () => {},
      })
      const began = performance.now()
      readProxyHeader(Buffer.from(text, 'latin1'))
      try {
        let rest = Buffer.alloc(0)
        for (let at = 0; at < text.length; ) {
          const size = 1 + Math.floor(random() * text.length)
          rest = Buffer.concat([rest, Buffer.from(text.slice(at, at + size), 'latin1')])
          rest = rest.subarray(decoder.consume(rest))
          at += size
        }
        decoder.endLines()
      } catch (error) {
        if (!(error instanceof ProtocolError))
          throw new Error(`on ${JSON.stringify(text.slice(0, 2000))}`, { cause: error })
      }
      const ms = performance.now() - began
      if (ms > SLOW_MS) throw new Error(`${ms} ms for ${JSON.stringify(text.slice(0, 2000))}`)
    }
    expect(count).toBeGreaterThan(100)
    expect(submitted).toBeGreaterThan(0)
  },
  LIMIT_MS,
)

test(
  'the configuration is read, or said to be wrong in words, whatever stands in the file',
  () => {
    const random = createRandom(chooseSeed('the configuration'))
    const end = performance.now() + FUZZ_MS
    let count = 0
    for (; performance.now() < end; count++) {
      const text = pick(configs, random)
      const began = performance.now()
      try {
        loadConfig({ config: '/srv/monitor.toml' }, aMachine({ '/srv/monitor.toml': text }))
      } catch (error) {
        if (!(error instanceof ConfigError))
          throw new Error(`on ${JSON.stringify(text.slice(0, 2000))}`, { cause: error })
      }
      const ms = performance.now() - began
      if (ms > SLOW_MS) throw new Error(`${ms} ms for ${JSON.stringify(text.slice(0, 2000))}`)
    }
    expect(count).toBeGreaterThan(100)
  },
  LIMIT_MS,
)

test(
  'no request is answered with an error of ours',
  async () => {
    const random = createRandom(chooseSeed('HTTP'))
    const site = await startTestSite()
    try {
      await site.report('web01', site.clock.now(), { 'perf.memory.percent.used': 41.5 })
      const admin = await site.as('admin')
      const csrf = await site.csrf(admin.cookie)
      const declared = [...PAGES, ...API].map(({ path }) => path.replace(/:\w+/g, 'web01'))
      const corpus = [...paths, ...declared]
      const end = performance.now() + FUZZ_MS
      let count = 0
      for (; performance.now() < end; count++) {
        const path = `/${pick(corpus, random)
          .replace(/^\/+/, '')
          .replaceAll(/[\n\r\0]/g, '')}`.slice(0, 4000)
        const isChange = random() < 0.4
        const body = isChange
          ? { method: 'POST', body: `csrf=${csrf}&${mutate('name=a&host=web01&access=admin', random)}` }
          : {}
        const headers = { ...admin, 'content-type': 'application/x-www-form-urlencoded' }
        const patience = AbortSignal.timeout(5000)
        // A request that fetch itself refuses never reaches the server. Requests that end the session would
        // end the fuzzing.
        if (/logout|password|two-factor|users/.test(path)) continue
        const response = await fetch(encodeURI(`${site.base}${path}`.toWellFormed()), {
          ...{ redirect: 'manual', headers, signal: patience },
          ...body,
        }).catch((error) => {
          if (patience.aborted) throw new Error(`no answer to ${path}`, { cause: error })
          return null
        })
        await response?.body?.cancel()
        if ((response?.status ?? 0) >= 500) throw new Error(`${response?.status} for ${JSON.stringify(path)}`)
      }
      expect(count).toBeGreaterThan(100)
    } finally {
      await site.stop()
    }
  },
  LIMIT_MS,
)
