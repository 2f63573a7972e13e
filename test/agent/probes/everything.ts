/** What the captured machine does not have, or hides: files of others, beside its own. */
export const EXTRA_FILES: Readonly<Record<string, string>> = {
  '/sys/class/hwmon/hwmon0/name': 'coretemp\n',
  '/sys/class/hwmon/hwmon0/temp1_input': '45850\n',
  '/sys/class/hwmon/hwmon1/name': 'nct6775\n',
  '/sys/class/hwmon/hwmon1/fan2_input': '1180\n',
  '/sys/class/power_supply/BAT0/type': 'Battery\n',
  '/sys/class/power_supply/BAT0/present': '1\n',
  '/sys/class/power_supply/BAT0/capacity': '87\n',
  '/sys/class/power_supply/BAT0/energy_full': '47520000\n',
  '/sys/class/power_supply/BAT0/energy_full_design': '57020000\n',
  '/sys/class/net/eth0/device/vendor': '0x8086\n',
  '/sys/class/net/eth0/carrier': '1\n',
  '/sys/class/net/eth0/carrier_up_count': '1\n',
  '/sys/class/net/eth0/speed': '1000\n',
  '/proc/mdstat': [
    'Personalities : [raid1]',
    'md0 : active raid1 sdb1[1] sda1[0]',
    '      1046528 blocks super 1.2 [2/2] [UU]',
    '      ',
    'unused devices: <none>',
    '',
  ].join('\n'),
  '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n',
  '/sys/fs/btrfs/0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a/label': 'data\n',
  '/sys/fs/btrfs/0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a/devinfo/1/missing': '0\n',
  '/sys/fs/btrfs/0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a/devinfo/1/error_stats':
    'write_errs 0\nread_errs 3\nflush_errs 0\ncorruption_errs 1\ngeneration_errs 0\n',
  '/proc/vmstat': 'nr_free_pages 1\npswpin 100\npswpout 200\noom_kill 2\n',
  '/proc/net/snmp': [
    'Ip: Forwarding DefaultTTL',
    'Ip: 1 64',
    'Tcp: RtoAlgorithm RtoMin InSegs OutSegs RetransSegs InErrs',
    'Tcp: 1 200 5000 4000 20 0',
    '',
  ].join('\n'),
  '/proc/sys/fs/file-nr': '2016\t0\t9223372036854775807\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '1311\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  '/var/lib/update-notifier/updates-available':
    '\n12 updates can be applied immediately.\n3 of these updates are standard security updates.\n\n',
  '/proc/1/comm': 'init\n',
  '/proc/1/cmdline': '/sbin/init\0',
}

export const CLOCK = { isSynchronized: true, offset: -0.000_012, maxError: 0.016 } as const
