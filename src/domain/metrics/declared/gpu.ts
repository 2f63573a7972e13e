import { type MetricFamily, USED_UP } from '../metric-family.ts'

const FAMILIES: readonly MetricFamily[] = [
  {
    name: 'perf.gpu.<gpu>.percent.used',
    unit: '%',
    doc: 'Share of time a GPU (AMD or NVIDIA) was busy.',
    title: 'GPU <gpu>',
    chart: { of: 'gpu', line: '<gpu>' },
    section: { of: 'gpus', column: 'Used' },
  },
  {
    name: 'perf.gpu.<gpu>.memory.percent',
    unit: '%',
    doc: 'GPU memory in use.',
    title: 'Memory of GPU <gpu>',
    section: { of: 'gpus', column: 'Memory' },
    standard: USED_UP.filter(({ severity }) => severity >= 3),
  },
  {
    name: 'perf.gpu.<gpu>.memory.bytes',
    unit: 'B',
    doc: 'The same in bytes.',
    title: 'Memory of GPU <gpu> in use',
    section: { of: 'gpus', column: 'Memory in use' },
  },
  {
    name: 'perf.gpu.<gpu>.celsius',
    unit: '°C',
    doc: 'GPU temperature.',
    title: 'Temperature of GPU <gpu>',
    section: { of: 'gpus', column: 'Temperature' },
  },
  {
    name: 'perf.gpu.<gpu>.watts',
    unit: 'W',
    doc: 'GPU power draw.',
    title: 'Power of GPU <gpu>',
    section: { of: 'gpus', column: 'Power' },
  },
]

export const GPU_METRICS: readonly MetricFamily[] = FAMILIES.map((family) => ({
  ...family,
  systems: 'Linux',
}))
