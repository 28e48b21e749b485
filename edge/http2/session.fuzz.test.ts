import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { frame, headBytes, preface, settingsFrame } from './frames.ts'
import { Session } from './session.ts'

const options = {
  streamsMax: 4,
  streamWindowBytes: 100_000,
  windowBytes: 200_000,
  headBytesMax: 2000,
  fieldsMax: 20,
  calm: { burst: 200, perS: 100 },
}

const request = Buffer.from('8286844101610f', 'hex').subarray(0, 6)
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(request),
  fc.constantFrom(0, 1, 4, 5, 6, 8).chain(length => fc.uint8Array({ minLength: length, maxLength: length })),
)
const frames = fc.array(
  fc.record({ type: fc.nat(11), marks: fc.nat(255), stream: fc.constantFrom(0, 1, 1, 2, 3, 5, 7), payload }),
  { maxLength: 40 },
)

test('fuzz: any frames, in any pieces, with answers between them: bounded, framed, and never thrown', () => {
  fc.assert(
    fc.property(frames, fc.nat(60), (list, cut) => {
      const session = new Session(options, 0)
      const octets = Buffer.concat([
        preface,
        settingsFrame({}),
        ...list.map(({ type, marks, stream, payload: bytes }) => frame(type, marks, stream, bytes)),
      ])
      const requests = new Set<number>()
      for (let at = 0; at < octets.length; at += cut + 1) {
        for (const told of session.receive(octets.subarray(at, at + cut + 1), at)) {
          if (told.kind === 'data') session.consumed(told.stream, told.bytes.length)
          if (told.kind !== 'request') continue
          assert.ok(!requests.has(told.stream), 'a stream is begun once')
          requests.add(told.stream)
          session.respond(told.stream, [[':status', '200']], false)
          session.send(told.stream, new Uint8Array(20_000), true)
          session.done()
        }
        assert.ok(session.open <= options.streamsMax)
      }
      const out = Buffer.concat(session.take())
      let at = 0
      while (at < out.length) at += headBytes + out.readUIntBE(at, 3)
      assert.equal(at, out.length, 'what goes out is whole frames')
    }),
    { numRuns: 3000 },
  )
})

test('fuzz: octets that are no frames', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const session = new Session(options, 0)
      session.receive(Buffer.concat([preface, settingsFrame({}), Buffer.from(bytes)]), 0)
      new Session(options, 0).receive(Buffer.from(bytes), 0)
    }),
  )
})
