import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../../resolver/responder.ts'
import { classes, types } from '../../resolver/wire/code.ts'
import { encodeMessage } from '../../resolver/wire/message.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { withRefusalsHeard } from './refusals.ts'

test('names that are refused are heard, and no others', () => {
  const heard: string[] = []
  const responder = createResponder({
    suffixes: ['inxt'],
    names: { site: () => undefined, serial: () => 1 },
    places: { near: () => [], servers: () => [] },
    meter: createMeter(),
  })
  const respond = withRefusalsHeard(responder, name => heard.push(name))
  const ask = (name: string, flags = 0): unknown => {
    const questions = [{ name: parseName(name), type: types.A, class: classes.IN }]
    const packet = encodeMessage({ id: 1, flags, questions, answers: [], authorities: [], additionals: [] })
    return respond(packet, { address: '192.0.2.9', port: 53 }, 'udp')
  }
  for (const name of ['WWW.Shop.Example', 'nothing.inxt', 'a\\.b.example', '.']) ask(name)
  ask('an.answer', 0x8000)
  ask('a.notify', 4 << 11)
  respond(new Uint8Array(12), { address: '192.0.2.9', port: 53 }, 'udp')
  assert.deepEqual(heard, ['www.shop.example', 'a\\.b.example', ''])
})
