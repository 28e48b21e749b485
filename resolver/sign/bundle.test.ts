import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { parseName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { Rrset } from '../zone/rrset.ts'
import {
  type AdmittedEdge,
  addressTypes,
  type Bundle,
  bundleFindings,
  signBundle,
  usefulSets,
} from './bundle.ts'
import { bundleBytesMax, decodeBundle, encodeBundle } from './bundle-codec.ts'
import { viewBundle } from './bundle-view.ts'
import { signingKey } from './key.ts'
import { judge, readSignature } from './rrsig.ts'

const zone = parseName('example.com')
const www = parseName('www.example.com')
const key = signingKey(zone, true, 15, new Uint8Array(32).fill(5))
const nowS = 1_800_000_000

/** The third has no IPv4, the others with an odd number no IPv6. */
const edges: AdmittedEdge[] = Array.from({ length: 6 }, (_, i) => ({
  ...(i !== 2 && { ipv4: Uint8Array.of(192, 0, 2, i) }),
  ...(i % 2 === 0 && { ipv6: Uint8Array.from({ length: 16 }, (_, at) => (at === 15 ? i : 32)) }),
}))
const around = (edge: number): number[] => [edge + 1, edge + 2].map(other => other % edges.length)
const bundle = signBundle({
  owners: [www, zone],
  edges,
  sets: usefulSets(edges.length, around),
  serial: 7,
  ttlS: 30,
  key,
  validity: { inceptionAtS: nowS - 3600, expirationAtS: nowS + 86_400 },
})
const encoded = encodeBundle(bundle)

describe('bundle', () => {
  test('what is useful: each alone, and with one and two of those near it', () => {
    const sets = usefulSets(6, around).map(set => set.join(''))
    assert.deepEqual(
      sets.toSorted(),
      [
        '0',
        '01',
        '012',
        '015',
        '02',
        '045',
        '05',
        '04',
        '1',
        '12',
        '123',
        '13',
        '15',
        '2',
        '23',
        '234',
        '24',
        '3',
        '34',
        '345',
        '35',
        '4',
        '45',
        '5',
      ].toSorted(),
    )
    const everybody = usefulSets(10, () => Array.from({ length: 10 }, (_, i) => i), 9)
    assert.equal(everybody.length, 10 + 45 + 120)
    // As the head of bundle.ts reckons.
    assert(usefulSets(100, edge => [1, 2, 3, 4].map(by => (edge + by) % 100)).length <= 100 * 11)
  })

  test('every set is good for a validator', () => {
    assert.deepEqual(bundleFindings(bundle, [key], nowS), [])
    assert.match(bundleFindings(bundle, [key], nowS + 100_000)[0]!, /expired/)
    assert.equal(bundleFindings(bundle, [], nowS).length, 1)
    const forged = { ...bundle, ttlS: 31 }
    assert.match(bundleFindings(forged, [key], nowS)[0]!, /wrong/)
  })

  const last = (set: Rrset | undefined): number[] | undefined =>
    set?.data.map(data => dataOctets(data).at(-1)!)
  const v4 = (...numbers: number[]): Uint8Array[] => numbers.map(i => Uint8Array.of(192, 0, 2, i))

  test('an edge chooses as many of the best as were signed together', () => {
    const places = viewBundle(encoded)
    const rows: [ranked: Uint8Array[], chosen: number[]][] = [
      [v4(3, 4, 5), [3, 4, 5]],
      [v4(5, 3, 4, 1), [3, 4, 5]],
      [v4(3, 5, 0), [3, 5]],
      [v4(0, 3, 1), [0, 1]],
      [v4(3), [3]],
      [v4(0, 3), [0]],
      // Somebody who was not admitted is not named; nobody at all is no answer that could be proved.
      [v4(99, 4), [4]],
      [v4(99), [0]],
      [[], [0]],
    ]
    for (const [ranked, chosen] of rows) {
      const set = places.choose(www, types.A, ranked)!
      assert.deepEqual(last(set), chosen)
      assert.equal(judge(set, set.signatures[0]!, key, nowS), 'good')
      assert.equal(places.choose(www, types.A, ranked), set)
    }
    assert.deepEqual(last(places.choose(zone, types.AAAA, [])), [0])
    assert.equal(places.choose(parseName('other.example.com'), types.A, v4(1)), undefined)
  })

  test('every set that is in the bundle is found in it', () => {
    const places = viewBundle(encoded)
    for (const type of addressTypes) {
      const { addresses, sets } = bundle.families[type]
      for (const { owner, members, signature } of sets) {
        const ranked = members.map(member => addresses[member]!)
        const [rrsig] = places.choose(bundle.owners[owner]!, type, ranked)!.signatures
        assert.deepEqual(readSignature(rrsig!).bytes, signature)
      }
    }
  })

  test('no address of a type: nothing is chosen', () => {
    const only = signBundle({
      owners: [www],
      edges: [{ ipv4: Uint8Array.of(192, 0, 2, 1) }],
      sets: [[0]],
      serial: 1,
      ttlS: 30,
      key,
      validity: { inceptionAtS: nowS, expirationAtS: nowS + 1 },
    })
    assert.equal(viewBundle(encodeBundle(only)).choose(www, types.AAAA, []), undefined)
    assert.deepEqual(last(viewBundle(encodeBundle(only)).choose(www, types.A, [])), [1])
  })
})

describe('bundle codec', () => {
  const plain = (bundle: Bundle): string =>
    JSON.stringify(bundle, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    )

  test('round trip', () => {
    assert.equal(plain(decodeBundle(encoded)), plain(bundle))
  })

  test('another spelling of the same is refused', () => {
    const [first, second] = bundle.families[types.A].sets
    const swapped = { addresses: bundle.families[types.A].addresses, sets: [second!, first!] }
    const twice = { addresses: bundle.families[types.A].addresses, sets: [first!, first!] }
    const rows: Uint8Array[] = [
      Buffer.concat([encoded, Uint8Array.of(0)]),
      encoded.subarray(0, -1),
      encodeBundle({ ...bundle, families: { ...bundle.families, [types.A]: swapped } }),
      encodeBundle({ ...bundle, families: { ...bundle.families, [types.A]: twice } }),
      encodeBundle({ ...bundle, owners: [www, zone] }),
      encodeBundle({ ...bundle, owners: [zone, parseName('www.example.org')] }),
      encodeBundle({ ...bundle, owners: [zone, parseName('WWW.example.com')] }),
      encodeBundle({ ...bundle, algorithm: 8 }),
    ]
    for (const [i, row] of rows.entries()) {
      assert.throws(
        () => decodeBundle(row),
        error => isFault(error, 'bytes/malformed'),
        `${i}`,
      )
    }
    assert.throws(
      () => decodeBundle(new Uint8Array(bundleBytesMax + 1)),
      error => isFault(error, 'bytes/too-large'),
    )
    assert.throws(
      () => encodeBundle({ ...bundle, owners: new Array(20).fill(www) }),
      error => isFault(error, 'bytes/too-large'),
    )
  })

  test('whatever else: a Fault, or a bundle with just these bytes', () => {
    const change = fc.record({
      at: fc.nat(encoded.length - 1),
      octets: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    })
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat(encoded.length),
        (changes, length) => {
          const bytes = Uint8Array.from(encoded)
          for (const { at, octets } of changes) bytes.set(octets.subarray(0, bytes.length - at), at)
          for (const candidate of [bytes, bytes.subarray(0, length)]) {
            try {
              assert.deepEqual(Buffer.from(encodeBundle(decodeBundle(candidate))), Buffer.from(candidate))
            } catch (error) {
              assert(isFault(error), `${error}`)
            }
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})
