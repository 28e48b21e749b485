import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../responder.ts'
import { signBundle, usefulSets } from '../sign/bundle.ts'
import { encodeBundle } from '../sign/bundle-codec.ts'
import { viewBundle } from '../sign/bundle-view.ts'
import { signingKey } from '../sign/key.ts'
import { judge } from '../sign/rrsig.ts'
import { rcodes, types } from '../wire/code.ts'
import { optRecord } from '../wire/edns.ts'
import { decodeMessage, encodeMessage, type Message, rcodeOf } from '../wire/message.ts'
import { foldCase, parseName } from '../wire/name.ts'
import { dataText } from '../wire/presentation.ts'
import { readZone } from './master.ts'
import { withSignedPlaces } from './signed-places.ts'
import { createZone } from './snapshot.ts'

const apex = parseName('example.com')
const key = signingKey(apex, true, 15, new Uint8Array(32).fill(5))
const nowS = 1_800_000_000
const edges = [1, 2, 3, 4].map(i => ({ ipv4: Uint8Array.of(192, 0, 2, i) }))
const bundle = signBundle({
  owners: [apex, parseName('*.w.example.com')],
  edges,
  sets: usefulSets(4, edge => [edge + 1].filter(other => other < 4)),
  serial: 1,
  ttlS: 30,
  key,
  validity: { inceptionAtS: nowS - 3600, expirationAtS: nowS + 86_400 },
})
/** Signed as far as it matters here: NSEC says that it is. */
const file = `@ 300 IN SOA ns hostmaster 1 7200 3600 1209600 300
@ 300 IN NS ns
@ 30 IN A 192.0.2.1
@ 300 IN NSEC mail A NS SOA MX NSEC
@ 300 IN MX 10 mail
ns 300 IN A 192.0.2.53
mail 300 IN A 192.0.2.25
www 300 IN CNAME @
*.w 300 IN A 192.0.2.1
`

function ask(near: readonly string[], name: string, type: number): Message {
  const zone = createZone(readZone(file, apex).records, apex)
  const zones = [
    withSignedPlaces(zone, { site: 'mysite', owners: bundle.owners, sets: viewBundle(encodeBundle(bundle)) }),
  ]
  const respond = createResponder({
    suffixes: [],
    zones: () => zones,
    names: { site: () => undefined, serial: () => 0 },
    places: { near: () => near.map(ipv4 => ({ ipv4 })), servers: () => [] },
    meter: createMeter(),
    onBug: error => assert.fail(String(error)),
  })
  const packet = encodeMessage({
    id: 1,
    flags: 0,
    questions: [{ name: parseName(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [optRecord({ udpBytesMax: 1232, version: 0, dnssecOk: true, rcodeHigh: 0, options: [] })],
  })
  // Twice, so that a ready-made answer would be seen.
  respond(packet, { address: '192.0.2.99', port: 53 }, 'udp')
  return decodeMessage(respond(packet, { address: '192.0.2.99', port: 53 }, 'udp')!)
}

describe('an edge chooses among what the owner signed', () => {
  const rows: [what: string, near: string[], name: string, chosen: string[]][] = [
    ['the nearest two that were signed together', ['192.0.2.3', '192.0.2.4'], 'Example.com', ['3', '4']],
    ['the nearest, when they were not', ['192.0.2.4', '192.0.2.1'], 'example.com', ['4']],
    ['strangers are left out', ['10.0.0.1', '192.0.2.2'], 'example.com', ['2']],
    ['somebody who is admitted, when nobody near is', ['10.0.0.1'], 'example.com', ['1']],
    ['behind an alias', ['192.0.2.2'], 'www.example.com', ['2']],
  ]
  for (const [what, near, name, chosen] of rows) {
    test(what, () => {
      const { answers } = ask(near, name, types.A)
      const addresses = answers.filter(({ type }) => type === types.A)
      assert.deepEqual(
        addresses.map(({ data }) => dataText(data).split('.').at(-1)),
        chosen,
      )
      const signature = answers.find(({ type, name }) => type === types.RRSIG && foldCase(name) === apex)!
      const set = { name: apex, type: types.A, ttlS: 30, data: addresses.map(({ data }) => data) }
      assert.equal(judge(set, signature.data, key, nowS), 'good')
    })
  }
  test('without a live edge nobody may remember that there is none', () => {
    assert.equal(rcodeOf(ask([], 'example.com', types.A)), rcodes.SERVFAIL)
  })
  test("the owner's other records and names are as they were", () => {
    assert.equal(dataText(ask([], 'example.com', types.MX).answers[0]!.data), '10 mail.example.com.')
    assert.equal(dataText(ask([], 'mail.example.com', types.A).answers[0]!.data), '192.0.2.25')
    assert.equal(dataText(ask(['192.0.2.4'], 'a.w.example.com', types.A).answers[0]!.data), '192.0.2.1')
    assert.equal(ask([], 'example.com', types.AAAA).answers.length, 0)
  })
})
