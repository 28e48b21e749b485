// NOTIFY on a real socket: sent until it is heard, and heard only by who has the key.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { silentLog } from '../../../base/io/log.ts'
import { opcodes, types } from '../../wire/code.ts'
import { flagBits, opcodeOf } from '../../wire/header.ts'
import { decodeMessage } from '../../wire/message.ts'
import { parseName } from '../../wire/name.ts'
import type { ResourceRecord } from '../../wire/record.ts'
import { readSigned, signMessage, type TsigKey, verify } from '../tsig.ts'
import { notify } from './notify.ts'

const address = '127.0.0.1'
const name = parseName('example')
const times = { refreshS: 1, retryS: 1, expireS: 1, negativeS: 1 }
const soa: ResourceRecord = {
  ...{ name, type: types.SOA, class: 1, ttlS: 60 },
  data: { kind: 'authority', primary: name, mailbox: name, serial: 7, ...times },
}
const key: TsigKey = {
  name: parseName('k'),
  algorithm: parseName('hmac-sha256'),
  secret: Buffer.alloc(32, 1),
}
const wrong = { ...key, secret: Buffer.alloc(32, 2) }
const seconds = (): number => Math.floor(Date.now() / 1000)

/** A secondary that does `answer` with each NOTIFY, counted from 0. */
async function secondary(answer: (packet: Buffer, turn: number) => Uint8Array | undefined) {
  const socket = createSocket('udp4')
  const got: Buffer[] = []
  socket.on('message', (packet, { port }) => {
    const reply = answer(packet, got.length)
    got.push(packet)
    if (reply !== undefined) socket.send(reply, port, address)
  })
  socket.bind(0, address)
  await once(socket, 'listening')
  const tell = (waitsMs: readonly number[], stop = new AbortController().signal) =>
    notify(
      { to: { address, port: socket.address().port }, from: address, soa, key },
      stop,
      silentLog,
      waitsMs,
    )
  return { got, tell, [Symbol.dispose]: () => void socket.close() }
}

function reply(packet: Uint8Array, by: TsigKey | undefined): Uint8Array {
  const { body, tsig } = readSigned(packet)!
  const answer = new Uint8Array(body)
  answer[2]! |= flagBits.QR >>> 8
  return by === undefined ? answer : signMessage(answer, by, { timeS: seconds(), prior: tsig.mac }).packet
}

describe('NOTIFY', () => {
  test('is a signed message with the new SOA, and done when a signed answer came', async () => {
    using other = await secondary(packet => reply(packet, key))
    assert.equal(await other.tell([5000]), true)
    const signed = readSigned(other.got[0]!)!
    assert.equal(verify(signed, [key], seconds()).kind, 'good')
    const { flags, questions, answers } = decodeMessage(signed.body)
    assert.deepEqual([opcodeOf(flags), flags & flagBits.AA], [opcodes.NOTIFY, flagBits.AA])
    assert.deepEqual([questions[0]!.type, answers], [types.SOA, [soa]])
  })
  test('is sent again while it is lost, or answered by who has no key', async () => {
    const replies = [() => undefined, reply, (packet: Uint8Array) => reply(packet, wrong)]
    using other = await secondary((packet, turn) =>
      (replies[turn] ?? (() => reply(packet, key)))(packet, undefined),
    )
    assert.equal(await other.tell([30, 30, 30, 5000]), true)
    assert.equal(other.got.length, 4)
  })
  test('ends unheard after the last wait, and at once when it is stopped', async () => {
    using other = await secondary(() => undefined)
    assert.equal(await other.tell([10, 10]), false)
    assert.equal(other.got.length, 2)
    const stop = new AbortController()
    const told = other.tell([60_000], stop.signal)
    stop.abort()
    assert.equal(await told, false)
  })
})
