import { type MetricFamily, whenDown } from '../metric-family.ts'

/** How long a check is bad that has failed twice, when its interval is the default one. */
export const TWO_RUNS = 60

export const CHECK_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.check.<name>.state',
    unit: 'state',
    doc: '1 while a check of agent.check succeeds, otherwise 0; its event says why it fails.',
    section: { of: 'states', column: 'check' },
    states: { good: 'Passing', bad: 'Failing' },
    standard: whenDown(2, TWO_RUNS),
  },
  {
    name: 'perf.check.<name>.milliseconds',
    unit: 'ms',
    doc: 'How long the target of a check took to answer, or a script to run.',
    section: { of: 'checks', column: 'Time' },
    chart: { of: 'checks', line: '<name>' },
  },
  {
    name: 'perf.check.<name>.certificate.days',
    unit: 'days',
    doc: 'Days until the TLS certificate seen by a check expires.',
    section: { of: 'checks', column: 'Certificate' },
    standard: [
      { severity: 3, compare: '<', value: 14, duration: 0 },
      { severity: 1, compare: '<', value: 3, duration: 0 },
    ],
  },
  {
    name: 'perf.check.<name>.exit',
    unit: '',
    doc: 'Exit code of a script: 0 good, 1 warning, 2 critical, 3 unknown.',
    section: { of: 'checks', column: 'Exit code' },
  },
  {
    name: 'perf.check.<name>.value.<label>',
    unit: null,
    doc: 'A value from the performance data of a script, as written.',
  },
  {
    name: 'perf.check.<name>.omitted',
    unit: '',
    doc: 'Values of a script that were left out because there are more than 50; absent while there are none.',
    isRare: true,
  },
]

export const TEXT_FILE_METRICS: readonly MetricFamily[] = [
  {
    name: 'perf.textfiles.state',
    unit: 'state',
    doc: '1 while the folder agent.text_files can be read, otherwise 0.',
    states: { good: 'Readable', bad: 'Not readable' },
    standard: whenDown(3, 300),
  },
  {
    name: 'perf.textfiles.omitted',
    unit: '',
    doc: 'Files and values of text files that were left out because there are too many.',
  },
  {
    name: 'perf.textfile.<file>.state',
    unit: 'state',
    doc: '1 while a file of that folder is valid, otherwise 0; its event says what is wrong.',
    section: { of: 'states', column: 'text file' },
    states: { good: 'Valid', bad: 'Not valid' },
    standard: whenDown(3, 300),
  },
  {
    name: 'perf.textfile.<file>.age.seconds',
    unit: 's',
    doc: 'Time since a file of that folder was written.',
  },
  {
    name: 'perf.text.<name>',
    unit: null,
    doc: 'A value of a text file; its labels are part of the name, as in perf.text.NAME.LABEL:VALUE.',
  },
]
