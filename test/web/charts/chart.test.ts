import { describe, expect, test } from 'bun:test'
import { CONTAINER_STATUS } from '../../../src/domain/metrics/declared/statuses.ts'
import { lineChart } from '../../../src/web/charts/chart.tsx'
import { splitAtGaps } from '../../../src/web/charts/plot.ts'
import { bar } from '../../../src/web/ui/bar.tsx'

const HOUR = 3600
/** 2026-11-22 12:00 UTC. */
const NOON = 1_795_348_800

function minutes(count: number, value: (i: number) => number, from = NOON) {
  return {
    times: Array.from({ length: count }, (_, i) => from + i * 60),
    values: Array.from({ length: count }, (_, i) => value(i)),
  }
}

const draw = (line: { times: number[]; values: number[] }, more: object = {}) =>
  lineChart({
    lines: [{ name: 'used', ...line }],
    from: NOON,
    to: NOON + HOUR,
    form: '%',
    label: 'Processor',
    ...more,
  }).text

const pathOf = (svg: string, className: string) =>
  new RegExp(`class="${className}" d="([^"]*)"`).exec(svg)?.[1] ?? ''

describe('gaps', () => {
  test.each([
    ['no point at all', [], []],
    ['one point', [60], [[0, 1]]],
    ['an even walk', [60, 120, 180, 240], [[0, 4]]],
    [
      'one minute missing',
      [60, 120, 240, 300, 360],
      [
        [0, 2],
        [2, 5],
      ],
    ],
    [
      'two gaps',
      [60, 120, 180, 600, 660, 720, 1800],
      [
        [0, 3],
        [3, 6],
        [6, 7],
      ],
    ],
    [
      'samples each second, some of them late, and then none for ten',
      [1, 2, 3, 5, 6, 10, 20, 21],
      [
        [0, 6],
        [6, 8],
      ],
    ],
    ['a little late is no gap', [60, 120, 200, 260, 320], [[0, 5]]],
  ])('%s', (_, times, runs) => {
    expect(splitAtGaps(times as number[])).toEqual(runs as [number, number][])
  })
})

describe('a line chart', () => {
  test('draws a state as level from each sample to the next, and the last for a usual step', () => {
    const state = { ...minutes(6, (i) => (i < 2 || i === 4 ? 1 : 0)), isStepped: true }
    const svg = draw(state, { form: ['stopped', 'running'], to: NOON + 1000 })
    expect(pathOf(svg, 'line')).toBe('M0 0H120V1000H240V0H300V1000H300H360')
    expect(pathOf(svg, 'area')).toBe('M0 0H120V1000H240V0H300V1000H300H360V1000H0Z')
    const ended = draw(state, { form: ['stopped', 'running'], to: NOON + 300 })
    expect(pathOf(ended, 'line')).toBe('M0 0H400V1000H800V0H1000V1000H1000')
  })

  test('draws the ends of the steps of a state as levels, too', () => {
    const times = [0, 100, 200].map((after) => NOON + after)
    const svg = draw(
      {
        times,
        values: [1, 0.5, 0],
        ...{ low: [1, 0, 0], high: [1, 1, 0], isStepped: true },
      },
      { form: ['stopped', 'running'], to: NOON + 1000 },
    )
    expect(pathOf(svg, 'line')).toBe('M0 0H100V500H200V1000H200H300')
    expect(pathOf(svg, 'band')).toBe('M0 0H200V1000H200H300V1000H200H100V0H0Z')
  })

  test('draws one sample of a state as wide as it holds', () => {
    const svg = draw(
      { times: [NOON, NOON + 600, NOON + 700, NOON + 800], values: [1, 1, 1, 1], ...{ isStepped: true } },
      { form: ['stopped', 'running'], to: NOON + 1000 },
    )
    expect(pathOf(svg, 'dots')).toBe('M0 0H0H100')
    expect(pathOf(svg, 'line')).toBe('M600 0H800H900')
  })

  test('breaks its line where samples are missing', () => {
    const { times, values } = minutes(30, () => 50)
    const holed = {
      times: times.filter((_, i) => i < 10 || i > 14),
      values: values.filter((_, i) => i < 10 || i > 14),
    }
    expect(pathOf(draw(minutes(30, () => 50)), 'line').match(/M/g)).toHaveLength(1)
    expect(pathOf(draw(holed), 'line').match(/M/g)).toHaveLength(2)
    expect(pathOf(draw(holed), 'area').match(/Z/g)).toHaveLength(2)
  })

  test('shows a lone point as a dot', () => {
    const drawn = draw(minutes(1, () => 20, NOON + 1800))
    expect(pathOf(drawn, 'dots')).toBe('M500 800h0')
    expect(pathOf(drawn, 'line')).toBe('')
  })

  test('places values between the ends of its scale', () => {
    const path = pathOf(draw({ times: [NOON, NOON + 1800, NOON + HOUR], values: [0, 50, 100] }), 'line')
    expect(path).toBe('M0 1000l500-500 500-500')
  })

  test('keeps minimum and maximum as a band', () => {
    const line = { name: 'used', times: [NOON, NOON + 1800], values: [50, 50], low: [0, 25], high: [100, 75] }
    const svg = lineChart({
      lines: [line],
      from: NOON,
      to: NOON + HOUR,
      form: '%',
      label: 'x',
      filled: false,
    }).text
    expect(pathOf(svg, 'band')).toBe('M0 0l500 250V750l-500 250Z')
    expect(svg).not.toContain('class="area"')
  })

  test('has no infinite or broken number in it, whatever it is given', () => {
    for (const values of [[], [0], [0, 0, 0], [1e300, -1e300], [5e-324, 0], [7, 7, 7]])
      for (const form of ['%', 'B', 'B/s', '/s', 's', '°C', '', ['stopped', 'running'], CONTAINER_STATUS]) {
        const line = { times: values.map((_, i) => NOON + i * 60), values }
        expect(draw(line, { form })).not.toMatch(/NaN|Infinity|undefined/)
      }
  })

  test('escapes what it is called', () => {
    const svg = draw(
      minutes(2, () => 1),
      { label: '"><script>' },
    )
    expect(svg).toContain('aria-label="&quot;&gt;&lt;script&gt;"')
  })

  describe('with thresholds', () => {
    const USED = [
      { value: 85, severity: 4, isBelow: false },
      { value: 90, severity: 3, isBelow: false },
      { value: 95, severity: 2, isBelow: false },
      { value: 99, severity: 1, isBelow: false },
    ] as const
    const heightsOf = (svg: string) =>
      [...svg.matchAll(/class="limit severity-(\d)" x2="100%" y1="([\d.]+)"/g)].map(
        ([, severity, y]) => `${severity} at ${y}`,
      )
    const labelsOf = (svg: string) =>
      [...svg.matchAll(/class="limit-label" x="15" y="([\d.-]+)">([^<]+)</g)].map(([, y, text]) => ({
        y: Number(y),
        text,
      }))

    test('in percent has room for all of them however far away they are, with labels that do not meet', () => {
      for (const height of [96, 190, 330]) {
        const svg = draw(
          minutes(30, () => 3),
          { height, thresholds: USED },
        )
        expect(svg).toContain('>100\u202f%</text>')
        expect(heightsOf(svg)).toHaveLength(4)
        const labels = labelsOf(svg)
        expect(labels.map(({ text }) => text)).toEqual(['85\u202f%', '90\u202f%', '95\u202f%', '99\u202f%'])
        const gaps = labels.slice(1).map(({ y }, i) => (labels[i]?.y ?? 0) - y)
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(12)
        // Beside their lines, as far as there is room.
        expect(labels.every(({ y }) => y >= 0 && y <= height)).toBe(true)
      }
    })

    test('small, has the first and the worst, where they leave enough of the height to the values', () => {
      const small = (most: number, thresholds: readonly object[] = USED) =>
        draw(
          minutes(30, () => most),
          { thresholds, thresholdStyle: 'marks' },
        )
      expect(heightsOf(small(60))).toEqual(['4 at 22.4', '1 at 9'])
      expect(small(60)).not.toContain('limit-label')
      expect(small(60).match(/class="mark severity-/g)).toHaveLength(2)
      // A percentage of 3 does not fill its tile: the scale ends at 100, and the thresholds are in sight.
      expect(heightsOf(small(3))).toHaveLength(2)
      expect(small(3)).toContain('>100\u202f%<')
      // Whoever asks for the values alone gets them, with what is not far away.
      const fitted = (most: number) =>
        draw(
          minutes(30, () => most),
          { thresholds: USED, thresholdStyle: 'marks', isFitted: true },
        )
      expect(heightsOf(fitted(70))).toHaveLength(2)
      expect(heightsOf(fitted(28))).toEqual([])
      expect(fitted(28)).not.toContain('>100\u202f%<')
      expect(heightsOf(small(60, USED.slice(0, 1)))).toEqual(['4 at 22.4'])
      const below = [
        { value: 5, severity: 1, isBelow: true },
        { value: 20, severity: 3, isBelow: true },
      ]
      expect(heightsOf(small(60, below))).toEqual(['3 at 84.8', '1 at 99.2'])
    })

    test('of another unit has room for those that are near, and for none that would flatten it', () => {
      const load = [
        { value: 4, severity: 4, isBelow: false },
        { value: 16, severity: 2, isBelow: false },
      ]
      const at = (most: number) =>
        heightsOf(
          draw(
            minutes(30, () => most),
            { form: '', thresholds: load },
          ),
        )
      expect(at(1)).toEqual([])
      expect(at(3.5)).toHaveLength(1)
      expect(at(13)).toHaveLength(2)
    })

    test('beyond the whole, or below nothing, leaves the scale alone', () => {
      const odd = [
        { value: 1e300, severity: 1, isBelow: false },
        { value: -5, severity: 2, isBelow: true },
        { value: 0, severity: 3, isBelow: true },
      ]
      const svg = draw(
        minutes(30, () => 60),
        { thresholds: odd },
      )
      expect(heightsOf(svg)).toEqual([])
      expect(svg).not.toMatch(/NaN|Infinity|undefined|limit-side/)
    })
  })

  test('looks as it did', () => {
    const svg = draw(minutes(7, (i) => i * i, NOON + 600))
    expect(svg).toMatchSnapshot()
    expect(svg).not.toContain('style=')
  })
})

test.each([
  [-3, '0', null],
  [99.94, '99.9', null],
  [40, '40', 1],
  [140, '100', 3],
] as const)('a bar at %d per cent has the colour of its event alone', (percent, width, severity) => {
  const svg = bar(percent, severity).text
  expect(svg).toContain(`class="bar-fill" width="${width}"`)
  expect(svg).toContain(severity === null ? 'class="bar"' : `class="bar severity-${severity}"`)
})

describe('levels that are words', () => {
  const drawn = (form: readonly string[] | '%') =>
    draw(
      minutes(30, (i) => i % 2),
      { form },
    )
  test('have room beside the drawing, where they are long', () => {
    expect(drawn(['not synchronized', 'synchronized'])).toContain('word-levels')
    expect(drawn(['stopped', 'running'])).not.toContain('word-levels')
    expect(drawn('%')).not.toContain('word-levels')
    // Of many words those that are drawn count.
    expect(drawn(['unknown', 'running', 'a long word'])).not.toContain('word-levels')
  })
})
