import { expect, test } from 'bun:test'
import { parseMillidegrees, temperature } from '../../../src/agent/probes/sensors/temperature.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

const hwmon = '/sys/class/hwmon'
const zone = '/sys/class/thermal/thermal_zone'
const files = {
  [`${hwmon}/hwmon0/name`]: 'coretemp\n',
  [`${hwmon}/hwmon0/temp1_input`]: '45850\n',
  [`${hwmon}/hwmon0/temp1_label`]: 'Package id 0\n',
  [`${hwmon}/hwmon0/temp10_input`]: '47000\n',
  [`${hwmon}/hwmon0/temp10_label`]: 'Core 8\n',
  [`${hwmon}/hwmon1/name`]: 'nvme\n',
  [`${hwmon}/hwmon1/temp1_input`]: '38850\n',
  [`${hwmon}/hwmon1/temp1_label`]: 'Composite\n',
  [`${hwmon}/hwmon1/device/nvme1n1/size`]: '',
  [`${hwmon}/hwmon2/name`]: 'drivetemp\n',
  [`${hwmon}/hwmon2/temp1_input`]: '31000\n',
  [`${hwmon}/hwmon2/device/block/sda/size`]: '',
  [`${hwmon}/hwmon3/name`]: 'acpitz\n',
  [`${hwmon}/hwmon3/temp1_input`]: '-5000\n',
  [`${hwmon}/hwmon4/name`]: 'iwlwifi_1\n',
  [`${hwmon}/hwmon4/temp1_input`]: new Error('ENODATA'),
  [`${hwmon}/hwmon5/device/name`]: 'old\n',
  [`${hwmon}/hwmon5/device/temp1_input`]: '20000\n',
  [`${hwmon}/hwmon6/name`]: 'acpitz\n',
  [`${hwmon}/hwmon6/temp1_input`]: '1000\n',
  [`${hwmon}/hwmon7/name`]: 'fan\n',
  [`${hwmon}/hwmon7/fan1_input`]: '900\n',
  [`${zone}0/type`]: 'acpitz\n',
  [`${zone}0/temp`]: '99000\n',
  [`${zone}1/type`]: 'x86_pkg_temp\n',
  [`${zone}1/temp`]: '99000\n',
  [`${zone}2/type`]: 'pch_cannonlake\n',
  [`${zone}2/temp`]: '51500\n',
  '/sys/class/thermal/cooling_device0/type': 'Fan\n',
}

test('reports every sensor that answers, once', async () => {
  const expected = {
    'coretemp.package-id-0': 45.9,
    'coretemp.core-8': 47,
    'nvme1n1.composite': 38.9,
    'sda.temp1': 31,
    'acpitz.temp1': -5,
    'old.temp1': 20,
    'acpitz.temp1.2': 1,
    pch_cannonlake: 51.5,
  }
  const names = Object.entries(expected).map(([name, value]) => [`perf.temperature.${name}.celsius`, value])
  const proc = fakeProc({ files })
  expect(await measure(temperature, [proc])).toEqual(Object.fromEntries(names))
  expect(await measure(temperature, [proc, proc])).toEqual(Object.fromEntries(names))
})

test('follows a chip that is added or removed', async () => {
  const less = fakeProc({ files: { [`${zone}0/type`]: 'cpu-thermal\n', [`${zone}0/temp`]: '40000\n' } })
  const expected = { 'perf.temperature.cpu-thermal.celsius': 40 }
  expect(await measure(temperature, [fakeProc({ files }), less])).toEqual(expected)
})

test('a machine without sensors has no temperatures', async () => {
  expect(await measure(temperature, [fakeProc({})])).toBeNull()
})

test.each([
  ['45850\n', 45850],
  ['-5000', -5000],
  ['-273150\n', null],
  ['255000\n', null],
  ['', null],
  ['nan\n', null],
  ['12 34', null],
])('%j is %j', (text, value) => {
  expect(parseMillidegrees(text)).toBe(value)
})
