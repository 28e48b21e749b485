// The examples of the RFCs: RFC 8080 §6 (Ed25519), RFC 6605 §6 (P-256), RFC 5155 App. A, RFC 8976 App. A.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromHex, toHex } from '../../base/bytes.ts'
import { base32Text } from '../wire/base32.ts'
import { types } from '../wire/code.ts'
import { parseName, rootName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { rrsetsOf } from '../zone/rrset.ts'
import { dataOf, nameBytes } from './canonical.ts'
import { isDigestRight, zoneDigest } from './digest.ts'
import { algorithms, dnskeyBytes, dsBytes, keyTag, signingKey } from './key.ts'
import { nsec3Hash } from './nsec.ts'
import { judge, lifeLeftS, readSignature, signatureHead, signSet } from './rrsig.ts'

const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))
const mx = (preference: number, host: string): Uint8Array =>
  Uint8Array.of(0, preference, ...nameBytes(parseName(host)))

describe('RFC 8080 §6: Ed25519', () => {
  const zone = parseName('example.com')
  const set = {
    name: zone,
    type: types.MX,
    ttlS: 3600,
    data: [dataOf(types.MX, mx(10, 'mail.example.com'))],
    signatures: [],
  }
  const validity = { inceptionAtS: 1_438_207_200, expirationAtS: 1_440_021_600 }
  const rows = [
    {
      secret: 'ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=',
      public: 'l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
      tag: 3613,
      ds: '3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b',
      signature: 'oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==',
    },
    {
      secret: 'DSSF3o0s0f+ElWzj9E/Osxw8hLpk55chkmx0LYN5WiY=',
      public: 'zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=',
      tag: 35217,
      ds: '401781b934e392de492ec77ae2e15d70f6575a1c0bc59c5275c04ebe80c6614c',
      signature: 'zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg==',
    },
  ]
  for (const row of rows) {
    test(`key ${row.tag}`, () => {
      const key = signingKey(zone, true, algorithms.ED25519, base64(row.secret))
      assert.equal(Buffer.from(key.bytes).toString('base64'), row.public)
      assert.equal(key.tag, row.tag)
      assert.equal(toHex(dsBytes(key, 2).subarray(4)), row.ds)
      const signature = signSet(set, key, validity)
      assert.equal(Buffer.from(readSignature(signature).bytes).toString('base64'), row.signature)
    })
  }
})

describe('RFC 6605 §6: ECDSA', () => {
  const zone = parseName('example.net')
  const key = signingKey(
    zone,
    true,
    algorithms.ECDSAP256SHA256,
    base64('GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ='),
  )
  const set = {
    name: parseName('www.example.net'),
    type: types.A,
    ttlS: 3600,
    data: [dataOf(types.A, Uint8Array.of(192, 0, 2, 1))],
    signatures: [],
  }
  const signed = {
    covers: types.A,
    algorithm: 13,
    labels: 3,
    originalTtlS: 3600,
    expirationAtS: Date.UTC(2010, 8, 9, 10, 4, 39) / 1000,
    inceptionAtS: Date.UTC(2010, 7, 12, 10, 4, 39) / 1000,
    tag: 55648,
    signer: zone,
  }
  const octets = base64(
    'qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==',
  )
  const rrsig = dataOf(types.RRSIG, Buffer.concat([signatureHead(signed), octets]))
  const during = signed.inceptionAtS + 100

  test('the key, its tag and its digests', () => {
    assert.equal(key.tag, 55648)
    assert.equal(
      toHex(dsBytes(key, 2)),
      `d9600d02${'b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17'}`,
    )
    assert.equal(dsBytes(key, 4).length, 4 + 48)
    assert.equal(keyTag(dnskeyBytes(key)), key.tag)
  })

  test('the signature of the RFC is judged, and what is changed is noticed', () => {
    assert.deepEqual(readSignature(rrsig), { ...signed, bytes: octets })
    assert.equal(judge(set, rrsig, key, during), 'good')
    assert.equal(judge(set, rrsig, key, signed.expirationAtS + 1), 'expired')
    assert.equal(judge(set, rrsig, key, signed.inceptionAtS - 1), 'early')
    assert.equal(judge({ ...set, ttlS: 3601 }, rrsig, key, during), 'wrong')
    assert.equal(judge({ ...set, ttlS: 30 }, rrsig, key, during), 'good')
    assert.equal(judge({ ...set, name: parseName('WWW.example.NET') }, rrsig, key, during), 'good')
    assert.equal(judge({ ...set, type: types.AAAA }, rrsig, key, during), 'foreign')
    assert.equal(judge({ ...set, name: zone }, rrsig, key, during), 'wrong')
    const other = [dataOf(types.A, Uint8Array.of(192, 0, 2, 2))]
    assert.equal(judge({ ...set, data: other }, rrsig, key, during), 'wrong')
    const mutated = Uint8Array.from(dataOctets(rrsig))
    mutated[mutated.length - 1]! ^= 1
    assert.equal(judge(set, dataOf(types.RRSIG, mutated), key, during), 'wrong')
  })

  test('our own signatures are good; a wildcard signs for what it stands for', () => {
    const validity = { inceptionAtS: during - 10, expirationAtS: during + 10 }
    const star = { ...set, name: parseName('*.example.net') }
    const signature = signSet(star, key, validity)
    assert.equal(readSignature(signature).labels, 2)
    for (const name of ['*.example.net', 'a.example.net', 'a.b.example.net']) {
      assert.equal(judge({ ...set, name: parseName(name) }, signature, key, during), 'good', name)
    }
    assert.equal(judge({ ...set, name: parseName('example.org') }, signature, key, during), 'wrong')
  })

  test('time wraps at 2^32 seconds', () => {
    const late = 2 ** 32 - 100
    const signature = signSet(set, key, { inceptionAtS: late, expirationAtS: late + 200 })
    assert.equal(judge(set, signature, key, 50), 'good')
    assert.equal(judge(set, signature, key, 101), 'expired')
    assert.equal(lifeLeftS(readSignature(signature), 2 ** 32 - 50), 150)
  })
})

describe('RFC 5155 App. A: hashes', () => {
  const options = { iterations: 12, salt: fromHex('aabbccdd')! }
  const rows = [
    ['example', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
    ['a.example', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
    ['ns1.example', '2t7b4g4vsa5smi47k61mv5bv1a22bojr'],
    ['*.w.example', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
    ['AI.example', 'gjeqe526plbf1g8mklp59enfd789njgi'],
  ]
  for (const [name, hash] of rows) {
    test(name!, () => assert.equal(base32Text(nsec3Hash(parseName(name!), options)), hash))
  }
})

describe('RFC 8976 App. A.1: the digest of a small zone', () => {
  const apex = parseName('example')
  const soa = [
    ...nameBytes(parseName('ns1.example')),
    ...nameBytes(parseName('admin.example')),
    ...[2018031900, 1800, 900, 604800, 86400].flatMap(n => [
      n >>> 24,
      (n >> 16) & 255,
      (n >> 8) & 255,
      n & 255,
    ]),
  ]
  const record = (name: string, type: number, ttlS: number, octets: Iterable<number>): ResourceRecord => ({
    name: parseName(name),
    type,
    class: 1,
    ttlS,
    data: dataOf(type, Uint8Array.from(octets)),
  })
  const records = [
    record('example', types.SOA, 86_400, soa),
    record('example', types.NS, 86_400, nameBytes(parseName('ns1.example'))),
    record('Example', types.NS, 86_400, nameBytes(parseName('NS2.example'))),
    record('ns1.example', types.A, 3600, [203, 0, 113, 63]),
    record('ns2.example', types.AAAA, 3600, fromHex('20010db8000000000000000000000063')!),
  ]
  const digest =
    'c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c'

  test('is as printed there, in whatever order and case', () => {
    const data = zoneDigest(apex, rrsetsOf(records.toReversed()), 2018031900)
    assert.equal(toHex(dataOctets(data).subarray(6)), digest)
  })

  test('is recognised, and a change is noticed', () => {
    const sets = rrsetsOf(records)
    const zonemd = (serial: number): (typeof sets)[number] => ({
      name: apex,
      type: 63,
      ttlS: 86_400,
      data: [zoneDigest(apex, sets, serial)],
      signatures: [],
    })
    assert.equal(isDigestRight(apex, sets, 2018031900), undefined)
    assert.equal(isDigestRight(apex, [...sets, zonemd(2018031900)], 2018031900), true)
    assert.equal(isDigestRight(apex, [...sets.slice(1), zonemd(2018031900)], 2018031900), false)
    assert.equal(isDigestRight(apex, [...sets, zonemd(1)], 2018031900), false)
  })
})

test('the root can be a zone', () => {
  const key = signingKey(rootName, true, algorithms.ED25519, new Uint8Array(32).fill(7))
  const set = { name: rootName, type: types.NS, ttlS: 60, data: [dataOf(types.NS, nameBytes(rootName))] }
  const signature = signSet({ ...set }, key, { inceptionAtS: 1, expirationAtS: 10 })
  assert.equal(judge(set, signature, key, 5), 'good')
  assert.equal(readSignature(signature).signer, rootName)
})
