import { type MetricFamily, whenDown } from '../metric-family.ts'

export const PROCESS_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.process.<name>.state',
    unit: 'state',
    doc:
      '1 while a process of this name runs, else 0; named in agent.processes. A script goes by its ' +
      'file (`worker.py`), Java by the jar or the main class, `python -m` by the module.',
    section: { of: 'states', column: 'process' },
    states: { good: 'Running', bad: 'Not running' },
    standard: whenDown(3, 300),
  },
]

export const SERVICE_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.service.<name>.state',
    unit: 'state',
    doc: '1 while a service named in agent.services runs, otherwise 0.',
    section: { of: 'states', column: 'service' },
    states: { good: 'Running', bad: 'Stopped' },
    standard: whenDown(3, 300),
  },
]
