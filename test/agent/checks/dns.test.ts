import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type Server } from 'node:net'
import { readAnswer, writeQuestion } from '../../../src/agent/checks/dns-message.ts'
import type { DnsRecord } from '../../../src/domain/check.ts'
import { runCheck } from './harness.ts'

const name = (text: string) =>
  Buffer.concat([
    ...text.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])
const POINTER = Buffer.from([0xc0, 12])

/** A record of an answer; its name points to that of the question. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0, type, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255])
  return Buffer.concat([POINTER, head, data])
}

function answer(question: Buffer, flags: number, records: readonly Buffer[]): Buffer {
  const message = Buffer.concat([question, ...records])
  message.writeUInt16BE(flags, 2)
  message.writeUInt16BE(records.length, 6)
  return message
}

const OK = 0x8180
const CUT = 0x8380
const A = record(1, Buffer.from([192, 0, 2, 7]))
const txt = (text: string) => record(16, Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]))

let udp: Bun.udp.Socket<'buffer'>
let tcp: Server
let dropped = 0
const askedNames: string[] = []

function reply(question: Buffer): Buffer | null {
  const asked = question.toString('latin1', 13, 16)
  askedNames.push(asked)
  if (asked === 'www') return answer(question, OK, [record(5, name('web.example.org')), A])
  if (asked === 'big') return answer(question, CUT, [])
  if (asked === 'non') return answer(question, 0x8183, [])
  if (asked === 'bad') return answer(question, OK, [Buffer.from([0xc0, question.length, 0, 1])])
  if (asked === 'los' && dropped++ < 1) return null
  if (asked === 'for') {
    const forged = answer(question, OK, [A])
    forged.writeUInt16BE(question.readUInt16BE(0) ^ 1, 0)
    return forged
  }
  return answer(question, OK, asked === 'los' ? [A] : [])
}

beforeAll(async () => {
  tcp = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      const whole = answer(data.subarray(2), OK, [txt('one'), txt('v=spf1 -all')])
      const length = Buffer.alloc(2)
      length.writeUInt16BE(whole.length)
      socket.write(length)
      setTimeout(() => socket.write(whole), 20)
    })
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  udp = await Bun.udpSocket({
    hostname: '127.0.0.1',
    port: (tcp.address() as { port: number }).port,
    socket: {
      data(socket, data, port, address) {
        const message = reply(Buffer.from(data))
        if (message !== null) socket.send(message, port, address)
      },
    },
  })
})

afterAll(() => {
  udp.close()
  tcp.close()
})

const ask = (target: string, more: { record?: DnsRecord; expectText?: string; timeout?: number } = {}) =>
  runCheck({ kind: 'dns', target, server: `127.0.0.1:${udp.port}`, ...more })

test('dns is good for a name that is found', async () => {
  expect((await ask('www.example.org')).values).toEqual({ state: 1, milliseconds: expect.any(Number) })
  expect((await ask('www.example.org', { expectText: '192.0.2.7' })).values.state).toBe(1)
  expect((await ask('www.example.org', { record: 'CNAME', expectText: 'web.example' })).values.state).toBe(1)
})

test('dns asks over TCP for what does not fit, and again for what was lost', async () => {
  expect((await ask('big.example.org', { record: 'TXT', expectText: 'spf1 -all' })).reason).toBeNull()
  expect((await ask('lost.example.org')).reason).toBeNull()
  expect(askedNames.filter((one) => one === 'los')).toHaveLength(2)
})

test.each([
  ['none.example.org', {}, 'the name does not exist (NXDOMAIN)'],
  ['empty.example.org', {}, 'the name has no record of type A'],
  ['www.example.org', { expectText: '10.' }, 'no record contains "10.": 192.0.2.7'],
  ['bad.example.org', {}, expect.any(String)],
  // A reply with another id is ignored.
  ['forged.example.org', { timeout: 1 }, 'no answer within 1 s'],
])('dns says why %s is not good', async (target, more, why) => {
  const { values, reason } = await ask(target, more)
  expect(values.state).toBe(0)
  expect(reason).toEqual(why)
})

test('dns says when nothing listens', async () => {
  const { reason } = await runCheck({ kind: 'dns', target: 'a.example', server: '127.0.0.1:1', timeout: 1 })
  expect(reason).toMatch(/^(127\.0\.0\.1: the connection was refused|no answer within 1 s)$/)
})

test.each([
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000000000000001', '::1'],
  ['fe800000000000000000000000000000', 'fe80::'],
  ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
  ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
])('the address %s is %s', (hex, text) => {
  const question = writeQuestion(7, 'a.example.', 'AAAA')
  const message = answer(question, OK, [record(28, Buffer.from(hex, 'hex'))])
  expect(readAnswer(question, message, 'AAAA')?.records).toEqual([text])
})

test('no bytes whatever make reading an answer hang or crash otherwise than by an error', () => {
  const question = writeQuestion(7, 'www.example.org', 'MX')
  const whole = answer(question, OK, [record(15, Buffer.concat([Buffer.from([0, 10]), POINTER])), A])
  expect(readAnswer(question, whole, 'MX')?.records).toEqual(['10 www.example.org'])
  for (let round = 0; round < 3000; round++) {
    const damaged = Buffer.from(whole.subarray(0, Math.floor(Math.random() * (whole.length + 1))))
    for (let i = 0; i < 3 && damaged.length > question.length; i++)
      damaged[question.length + Math.floor(Math.random() * (damaged.length - question.length))] = Math.floor(
        Math.random() * 256,
      )
    try {
      readAnswer(question, damaged, 'MX')
    } catch (error) {
      expect(error).toBeInstanceOf(Error)
    }
  }
})
