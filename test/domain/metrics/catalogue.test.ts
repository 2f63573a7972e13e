import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { probes } from '../../../src/agent/probes/index.ts'
import { findFamily, METRICS } from '../../../src/domain/metrics/catalogue.ts'
import { CHARTS } from '../../../src/domain/metrics/charts.ts'
import { metricUnit } from '../../../src/domain/metrics/metric.ts'
import type { MetricFamily } from '../../../src/domain/metrics/metric-family.ts'
import { planSections } from '../../../src/domain/metrics/section-plan.ts'
import { SECTIONS } from '../../../src/domain/metrics/sections.ts'
import { standardThresholds } from '../../../src/domain/thresholds/threshold-standard.ts'
import { planCharts } from '../../../src/web/charts/host-charts.ts'

const SRC = join(import.meta.dir, '..', '..', '..', 'src')
const DECLARED = 'domain/metrics/declared'

const listFiles = (folder: string) =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

const isFamily = (value: unknown): value is MetricFamily =>
  typeof value === 'object' && value !== null && 'doc' in value && 'name' in value

/** A name of the family, with things in the place of its words. */
const example = ({ name }: MetricFamily) => name.replace(/<([a-z]+)>/g, 'a_$1')

describe('a step that was forgotten is named', () => {
  test('every declaration is in src/domain/metrics/catalogue.ts', async () => {
    const missing: string[] = []
    for (const file of listFiles(DECLARED)) {
      const found: Record<string, unknown> = await import(join(SRC, DECLARED, file))
      for (const value of Object.values(found).flat().filter(isFamily))
        if (!METRICS.includes(value))
          missing.push(`src/domain/metrics/catalogue.ts lacks ${value.name} of src/${DECLARED}/${file}`)
    }
    expect(missing).toEqual([])
  })

  test('every probe is in src/agent/probes/index.ts', () => {
    const index = readFileSync(join(SRC, 'agent/probes/index.ts'), 'utf8')
    const missing = listFiles('agent/probes')
      .filter((file) => readFileSync(join(SRC, 'agent/probes', file), 'utf8').includes('= defineProbe<'))
      .filter((file) => !index.includes(`'./${file}'`))
    expect(missing.map((file) => `src/agent/probes/index.ts lacks ./${file}`)).toEqual([])
  })

  test('what a probe declares comes from src/domain/metrics/declared', () => {
    const own = probes.flatMap(({ name, metrics }) =>
      metrics.filter((family) => !METRICS.includes(family)).map((family) => `${name}: ${family.name}`),
    )
    expect(own).toEqual([])
  })

  test('every probe has a chart or a section on the page of a host', () => {
    const hidden = probes.filter(
      ({ name, metrics }) =>
        // The page shows it among its large figures.
        name !== 'uptime' && !metrics.some(({ chart, section }) => chart ?? section),
    )
    expect(hidden.map(({ name }) => `give a metric of the probe ${name} a chart or a section`)).toEqual([])
  })

  test('every event of the server is reported by something', () => {
    const file = `${DECLARED}/server-events.ts`
    const names = [...readFileSync(join(SRC, file), 'utf8').matchAll(/^export const (\w+): MetricFamily =/gm)]
    expect(names.length).toBeGreaterThan(5)
    const all = listFiles('.').map((path) => readFileSync(join(SRC, path), 'utf8'))
    const text = all.join('\n')
    // The metric occurs twice: in its declaration and in the list.
    const isUsed = (name: string) => [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 2
    const unused = names.flatMap(([, name = '']) => (isUsed(name) ? [] : [name]))
    expect(unused.map((name) => `src/${file}: nothing reports ${name}`)).toEqual([])
  })

  test('every chart and every section has a metric', () => {
    const charts = CHARTS.filter(({ name }) => !METRICS.some(({ chart }) => chart?.of === name))
    const sections = SECTIONS.filter(({ name }) => !METRICS.some(({ section }) => section?.of === name))
    expect([...charts, ...sections].map(({ name }) => `no metric names ${name}`)).toEqual([])
  })
})

test('no name stands in the list twice, and each has words', () => {
  const names = METRICS.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  expect(METRICS.filter(({ doc }) => !doc.endsWith('.'))).toEqual([])
})

test('every family is found by its names, and not by those of another', () => {
  for (const family of METRICS) {
    const found = findFamily(example(family))
    expect(found?.family.name).toBe(family.name)
    expect(found?.words).toEqual([...family.name.matchAll(/<([a-z]+)>/g)].map(([, word]) => `a_${word}`))
    if (family.unit !== null) expect(metricUnit(example(family))).toBe(family.unit)
  }
})

test('the end of a name and the unit that is declared say the same', () => {
  const wrong = METRICS.filter(
    ({ name, unit }) =>
      (/\.(state|healthy|writable)$/.test(name) !== (unit === 'state') && unit !== null) ||
      (/\.percent(\.|$)/.test(name) && unit !== '%') ||
      (/\.seconds$/.test(name) && unit !== 's'),
  )
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test('charts and sections fit what is declared for them', () => {
  for (const family of METRICS) {
    const hasThings = family.name.includes('<')
    const chart = CHARTS.find(({ name }) => name === family.chart?.of)
    const needsThing = chart !== undefined && `${chart.title}${family.chart?.line}`.includes('<')
    expect(`${family.name}: ${needsThing}`).toBe(`${family.name}: ${chart !== undefined && hasThings}`)
    const section = SECTIONS.find(({ name }) => name === family.section?.of)
    if (section !== undefined)
      expect(`${family.name}: ${'subject' in section}`).toBe(`${family.name}: ${hasThings}`)
  }
})

test('lines of one chart share a unit', () => {
  const wrong = CHARTS.filter(
    ({ name }) => new Set(METRICS.flatMap(({ chart, unit }) => (chart?.of === name ? [unit] : []))).size > 1,
  )
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test('a host with everything has every chart and every section', () => {
  const metrics = METRICS.map(example)
  expect(planCharts(metrics)).toHaveLength(CHARTS.length)
  expect(planSections(metrics).map(({ name }) => name)).toEqual(SECTIONS.map(({ name }) => name))
})

test('standard thresholds watch metrics that are declared', () => {
  const names = METRICS.map(({ name }) => name.replace(/<[a-z]+>/g, '*'))
  expect(standardThresholds({ processors: 2 }).filter(({ metric }) => !names.includes(metric))).toEqual([])
})
