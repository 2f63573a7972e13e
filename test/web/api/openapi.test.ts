import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mail } from '../../../src/events/channels/mail.ts'
import { API } from '../../../src/web/api/index.ts'
import { FACTS, startTestSite, type TestSite } from '../site.ts'

type Json = Readonly<Record<string, unknown>>

let site: TestSite
let bearer: Record<string, string> = {}
let description: Json = {}

beforeAll(async () => {
  site = await startTestSite(undefined, {
    notifier: {
      channels: [mail],
      sendTest: async () => ({ isDelivered: true, answer: 'taken' }),
    },
  })
  bearer = await site.bearer('admin')
  const now = site.clock.now()
  await site.report(
    'web01',
    now - 60,
    { 'perf.processor.percent.used': 12.5, 'perf.memory.percent.used': 40 },
    FACTS,
  )
  await site.store.ingest.write([
    {
      host: 'web01',
      facts: FACTS,
      seen: now,
      clockSkew: 0,
      frames: [],
      events: [
        {
          uid: 'one',
          change: 1,
          time: now,
          metric: 'perf.memory.percent.used',
          severity: 2,
          status: 'open',
          message: 'Memory',
        },
      ],
    },
  ])
  await site.store.targets.add({ name: 'ops', channel: 'mail', address: 'ops@example.org' })
  description = (await (await get('/api/v1/openapi.json')).json()) as Json
})
afterAll(() => site.stop())

const get = (path: string) => site.send(path, { headers: bearer })
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const inside = (value: unknown, ...names: string[]): unknown =>
  names.reduce((held, name) => (isRecord(held) ? held[name] : undefined), value)

/** What is wrong with a value by a schema, as far as the description uses them; empty when nothing is. */
function findWrong(value: unknown, schema: unknown, at = ''): string[] {
  if (!isRecord(schema)) return [`${at}: no schema`]
  if (typeof schema.$ref === 'string')
    return findWrong(value, inside(description, ...schema.$ref.split('/').slice(1)), at)
  const ways = schema.anyOf ?? schema.oneOf
  if (Array.isArray(ways))
    return ways.some((way) => findWrong(value, way, at).length === 0) ? [] : [`${at}: none of its schemas`]
  if (Array.isArray(schema.enum) && !schema.enum.includes(value))
    return [`${at}: ${JSON.stringify(value)} is not of the list`]
  const found =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'array'
        : Number.isInteger(value)
          ? 'integer'
          : typeof value
  const types = [schema.type ?? found].flat()
  if (!types.includes(found) && !(found === 'integer' && types.includes('number')))
    return [`${at}: ${found} in place of ${types}`]
  if (Array.isArray(value))
    return value.flatMap((one, i) => findWrong(one, schema.items ?? {}, `${at}[${i}]`))
  if (!isRecord(value) || !isRecord(schema.properties)) return []
  const { properties, required } = schema
  const missing = (Array.isArray(required) ? required : [])
    .filter((name) => !(name in value))
    .map((name) => `${at}.${name}: missing`)
  const unknown = Object.keys(value)
    .filter((name) => !(name in properties))
    .map((name) => `${at}.${name}: not described`)
  return [
    ...missing,
    ...unknown,
    ...Object.entries(value).flatMap(([name, one]) =>
      name in properties ? findWrong(one, properties[name], `${at}.${name}`) : [],
    ),
  ]
}

test('the description is OpenAPI 3.1, by a public validator', async () => {
  // By a variable, so that the types of this test need no package that only `npm ci` brings.
  const name = '@seriousme/openapi-schema-validator'
  const found: unknown = await import(name).catch(() => null)
  const Validator = inside(found, 'Validator')
  if (typeof Validator !== 'function')
    return console.log('NOT TESTED HERE: OpenAPI by its validator (npm ci brings it)')
  const { valid, errors } = await Reflect.construct(Validator, []).validate({ ...description })
  expect(errors ?? []).toEqual([])
  expect(valid).toBe(true)
})

test('every address of the API is in it, each operation under a name of its own', () => {
  const ids: unknown[] = []
  for (const { method, path } of API) {
    const operation = inside(description, 'paths', path.replace(/:(\w+)/g, '{$1}'), method.toLowerCase())
    if (path.endsWith('openapi.json')) continue
    expect({ path, operation: isRecord(operation) }).toEqual({ path, operation: true })
    ids.push(inside(operation, 'operationId'))
  }
  expect(new Set(ids).size).toBe(ids.length)
})

const rank = (path: string) => (path.endsWith('/rename') ? 1 : 0)
const fill = (path: string, ids: ReadonlyMap<string, number>) =>
  path.replace(/:\w+/g, (name) => VALUES[name] ?? String(ids.get(path.split('/')[3] ?? '') ?? 1))
const send = (method: string, path: string, body: unknown) =>
  site.send(path, {
    method,
    headers: { ...bearer, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

/** A member of each list that the API has, by the list's name. */
async function addOneOfEach(): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (const { method, path, api } of API) {
    if (method !== 'POST' || api?.status !== 201) continue
    const list = path.split('/')[3] ?? ''
    const name = `${list} ${crypto.randomUUID().slice(0, 8)}`
    const response = await send('POST', path, { ...api.bodyExample, name })
    const id = inside(await response.json(), 'id')
    expect({ path, status: response.status, id }).toEqual({ path, status: 201, id: expect.any(Number) })
    ids.set(list, Number(id))
  }
  return ids
}

const VALUES: Readonly<Record<string, string>> = {
  ':name': 'web01',
  ':metric': 'perf.processor.percent.used',
}

test('every address is declared in src/web/api/declarations.ts', () => {
  const undeclared = API.filter(({ api, path }) => api === undefined && !path.endsWith('openapi.json'))
  expect(undeclared.map(({ method, path }) => `src/web/api/declarations.ts lacks ${method} ${path}`)).toEqual(
    [],
  )
})

test('every address that is read can be tried as its example says, and answers what is described', async () => {
  const ids = await addOneOfEach()
  for (const { method, path, api } of API) {
    if (method !== 'GET' || path.endsWith('openapi.json')) continue
    const url = fill(path, ids) + (api?.example ?? '')
    const response = await get(url)
    expect({ url, status: response.status }).toEqual({ url, status: 200 })
    expect({ url, wrong: findWrong(await response.json(), api?.answer) }).toEqual({ url, wrong: [] })
  }
})

test('every body has an example, which the description has too, is taken, and answers what is described', async () => {
  const ids = await addOneOfEach()
  const tried = API.filter(({ api }) => api?.body !== undefined)
  expect(tried.length).toBeGreaterThan(10)
  // A host is renamed last: the others are asked for by its name.
  for (const { method, path, api } of tried.sort((a, b) => rank(a.path) - rank(b.path))) {
    const url = fill(path, ids)
    const described = inside(
      description,
      ...['paths', path.replace(/:(\w+)/g, '{$1}'), method.toLowerCase()],
      ...['requestBody', 'content', 'application/json', 'example'],
    )
    expect({ url, described }).toEqual({ url, described: api?.bodyExample })
    expect({ url, wrong: findWrong(described, api?.body) }).toEqual({ url, wrong: [] })
    const response = await send(method, url, described)
    const answer: unknown = await response.json()
    expect({ url, answer, status: response.status }).toEqual({ url, answer, status: api?.status ?? 200 })
    expect({ url, wrong: findWrong(answer, api?.answer) }).toEqual({ url, wrong: [] })
    // Names are unique, and the next request uses the same name.
    if (api?.status === 201) await send('DELETE', `${url}/${inside(answer, 'id')}`, undefined)
  }
  await send('POST', '/api/v1/hosts/web02/rename', { name: 'web01' })
})

test('the examples of queries stand with their parameters', () => {
  const parameters = inside(description, 'paths', '/api/v1/series', 'get', 'parameters')
  const examples = Array.isArray(parameters)
    ? parameters.map((one) => [inside(one, 'name'), inside(one, 'example')])
    : []
  expect(Object.fromEntries(examples)).toMatchObject({
    series: ['web01:perf.processor.percent.used'],
    range: '24h',
    points: 100,
  })
})

test('a parameter that is not declared is refused, and each that is declared is read', async () => {
  for (const { method, path, api } of API) {
    if (method !== 'GET' || api === undefined) continue
    const url = path.replace(/:\w+/g, (name) => VALUES[name] ?? '1')
    const refused = await get(`${url}?nosuch=1`)
    expect({ url, status: refused.status }).toEqual({ url, status: 400 })
    expect(await refused.text()).toContain('nosuch: unknown parameter')
    for (const { name, schema, isMany } of api.query ?? []) {
      const twice = await (await get(`${url}?${name}=1&${name}=1`)).text()
      expect({ url, name, isOnce: twice.includes(`${name}: expected once`) }).toEqual({
        ...{ url, name, isOnce: isMany !== true },
      })
      // Values with a format are parsed, and nonsense is refused. Free text may be anything.
      if (schema.enum === undefined && schema.type === 'string') continue
      const status = (await get(`${url}?${name}=%00nonsense`)).status
      expect({ url, name, status }).toEqual({ url, name, status: 400 })
    }
  }
})

test('times may be ISO, now, or so long ago; others are refused', async () => {
  const count = async (query: string) => inside(await (await get(`/api/v1/events?${query}`)).json(), 'total')
  const iso = new Date((site.clock.now() - 10) * 1000).toISOString()
  expect(await count('from=-1h')).toBe(1)
  expect(await count(`from=${iso}`)).toBe(1)
  expect(await count(`to=${iso}`)).toBe(0)
  expect(await count('from=-1h&to=now&status=all')).toBe(1)
  for (const wrong of ['2026-01-01', '-1', '-5x', 'yesterday', '2026-01-01T00:00:00'])
    expect((await get(`/api/v1/events?from=${wrong}`)).status).toBe(400)
})

test('only the fields that are asked for, and CSV with a token', async () => {
  const hosts = inside(await (await get('/api/v1/hosts?fields=name,status&status=all')).json(), 'hosts')
  expect(hosts).toEqual([{ name: 'web01', status: 'up' }])
  expect((await get('/api/v1/hosts?fields=name,password')).status).toBe(400)
  const csv = await get('/api/v1/hosts/web01/metrics/perf.processor.percent.used?format=csv')
  expect(csv.headers.get('content-type')).toStartWith('text/csv')
  expect(await csv.text()).toContain(',12.5')
  expect((await get('/api/v1/reports/hosts?format=csv')).headers.get('content-type')).toStartWith('text/csv')
})

test('a user whose tokens ask too often gets the time to wait, and others are not affected', async () => {
  const slow = await startTestSite(undefined, { apiRate: 60 })
  const [admin, viewer] = [await slow.bearer('admin'), await slow.bearer('viewer')]
  const ask = (headers: Record<string, string>) => slow.send('/api/v1/hosts', { headers })
  for (let i = 0; i < 60; i++) expect((await ask(admin)).status).toBe(200)
  const refused = await ask(admin)
  expect({ status: refused.status, wait: refused.headers.get('retry-after') }).toEqual({
    status: 429,
    wait: '1',
  })
  expect((await ask(viewer)).status).toBe(200)
  await slow.clock.advance(2000)
  expect([(await ask(admin)).status, (await ask(admin)).status, (await ask(admin)).status]).toEqual([
    200, 200, 429,
  ])
  await slow.stop()
})
