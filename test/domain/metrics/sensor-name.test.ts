import { expect, test } from 'bun:test'
import { describeSensor } from '../../../src/domain/metrics/sensor-name.ts'

test.each([
  ['coretemp.package-id-0', 'CPU package 0'],
  ['coretemp.Package_id_1', 'CPU package 1'],
  ['coretemp.core-8', 'CPU core 8'],
  ['coretemp.core-8.2', 'CPU core 8 (2)'],
  ['k10temp.tctl', 'CPU'],
  ['k10temp.tccd1', 'CPU die 1'],
  ['zenpower.tdie.2', 'CPU (2)'],
  ['x86_pkg_temp', 'CPU'],
  ['cpu-thermal', 'CPU'],
  ['nvme1n1.composite', 'drive nvme1n1'],
  ['nvme0n1.sensor-2', 'drive nvme0n1 sensor 2'],
  ['nvme.Composite', 'drive'],
  ['sda.temp1', 'drive sda'],
  ['drivetemp.temp1.2', 'drive (2)'],
  ['acpitz.temp1', 'ACPI thermal zone 1'],
  ['acpitz.temp1.2', 'ACPI thermal zone 1 (2)'],
  ['acpitz', 'ACPI thermal zone'],
  ['pch_cannonlake', 'chipset'],
  ['iwlwifi_1.temp1', 'Wi-Fi adapter'],
  ['amdgpu.edge', 'GPU'],
  ['amdgpu.junction', 'GPU junction'],
  ['nct6775.SYSTIN', 'nct6775.SYSTIN'],
  ['', ''],
])('the sensor %j is called %j', (name, words) => expect(describeSensor(name)).toBe(words))
