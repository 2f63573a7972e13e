import { openSync, readSync, writeSync } from 'node:fs'
import { openLibc } from '../../../src/lib/libc/open-libc.ts'

// Lays files over those that are named, as LXCFS does: one FUSE filesystem whose root is a file, bound over each.
// It never answers, so that opening a file waits for ever. To be run in a mount namespace of its own; prints "mounted"
// and goes on until it is killed.
const [first = '', ...others] = process.argv.slice(2)

const libc = openLibc({
  mount: { args: ['cstring', 'cstring', 'cstring', 'u64', 'cstring'], returns: 'i32' },
})
const text = (value: string) => Buffer.from(`${value}\0`)
function mount(source: string, target: string, type: string, flags: number, options: string) {
  const [from, to, kind, said] = [source, target, type, options].map(text)
  const failed = libc.symbols.mount(
    from as Buffer,
    to as Buffer,
    kind as Buffer,
    BigInt(flags),
    said as Buffer,
  )
  if (failed !== 0) throw new Error(`${target} can not be mounted over`)
}

const MS_BIND = 0x1000
const device = openSync('/dev/fuse', 'r+')
mount('lxcfs', first, 'fuse.lxcfs', 0, `fd=${device},rootmode=100444,user_id=0,group_id=0,allow_other`)
for (const other of others) mount(first, other, '', MS_BIND, '')
console.log('mounted')

// The kernel's greeting is answered. Later requests are never read: the kernel interrupts a process that waits for one
// when it is killed, which it does not once a server has read the request.
const packet = Buffer.alloc(1 << 20)
readSync(device, packet)
/** struct fuse_out_header and fuse_init_out of version 7.31. */
const answer = Buffer.alloc(16 + 64)
answer.writeUInt32LE(answer.length, 0)
packet.copy(answer, 8, 8, 16)
answer.writeUInt32LE(7, 16)
answer.writeUInt32LE(31, 20)
answer.writeUInt32LE(4096, 36)
writeSync(device, answer)
setInterval(() => {}, 1000)
