// Whatever comes from outside: a Fault of the sender's or an answer, never another error, and never a zone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { types } from '../wire/code.ts'
import { encodeMessage } from '../wire/message.ts'
import { foldCase, type Name, parseName } from '../wire/name.ts'
import { readZone } from '../zone/master.ts'
import { createZone } from '../zone/snapshot.ts'
import { createDoor } from './door.ts'
import { createJournal } from './journal.ts'
import { readSigned, signMessage } from './tsig.ts'

const apex = parseName('example')
const text = '@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n'
const zone = createZone(readZone(text, apex).records, apex)
const key = { name: parseName('k'), algorithm: parseName('hmac-sha256'), secret: Buffer.alloc(32, 1) }
const nowS = 1_800_000_000
const questions = [{ name: apex, type: types.AXFR, class: 1 }]
const bare = encodeMessage({ id: 1, flags: 0, questions, answers: [], authorities: [], additionals: [] })
const { packet } = signMessage(bare, key, { timeS: nowS })
const client = { address: '192.0.2.53', port: 1 }

const folded = (bytes: Uint8Array): string =>
  foldCase(Buffer.from(bytes.subarray(2)).toString('latin1') as Name)

const noise = fc.uint8Array({ maxLength: 200 })
const edits = fc.array(fc.tuple(fc.nat(packet.length - 1), fc.integer({ min: 1, max: 255 })), {
  minLength: 1,
  maxLength: 4,
})
const edited = fc.tuple(edits, fc.nat(packet.length)).map(([changes, cut]) => {
  const bytes = new Uint8Array(packet)
  for (const [at, mask] of changes) bytes[at]! ^= mask
  return cut < 12 ? bytes : bytes.slice(0, cut + 20)
})

test('noise and signed queries that were changed get no zone and break nothing', () => {
  fc.assert(
    fc.property(fc.oneof(noise, edited), bytes => {
      try {
        readSigned(bytes)
      } catch (error) {
        assert.ok(isFault(error, 'bytes/malformed'), String(error))
      }
      const door = createDoor({
        ...{ keys: [key], peers: new Map([[apex, [client.address]]]), zones: () => [zone] },
        journal: createJournal(),
        ...{ respond: () => undefined, now: () => nowS * 1000, meter: createMeter() },
      })
      const answer = door.transfer(bytes, client)?.next().value
      // Behind the id, the spelling of the key's name is all that may change and leave the signature good.
      const same = folded(bytes) === folded(packet)
      if (answer !== undefined && !same) assert.equal((answer[6]! << 8) | answer[7]!, 0)
    }),
    { numRuns: 2000 },
  )
})
