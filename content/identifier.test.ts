import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import {
  cidOf,
  dagPbCodec,
  decodeCid,
  decodeContenthash,
  encodeContenthash,
  formatCid,
  inlineBytes,
  parseCid,
  rawCodec,
  verifies,
} from './identifier.ts'

const hello = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

describe('identifiers', () => {
  test('known spellings come out as version 1 in base32', () => {
    const rows: [text: string, canonical: string][] = [
      [hello, hello],
      [
        'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o',
        'bafybeicg2rebjoofv4kbyovkw7af3rpiitvnl6i7ckcywaq6xjcxnc2mby',
      ],
      [CID.parse(hello).toV1().toString(), hello],
    ]
    for (const [text, canonical] of rows) assert.equal(formatCid(parseCid(text)), canonical, text)
  })

  test('raw hello world has the name the ecosystem gives it', () => {
    const cid = cidOf(rawCodec, utf8('hello world'))
    assert.equal(formatCid(cid), hello)
    assert.equal(verifies(cid, utf8('hello world')), true)
    assert.equal(verifies(cid, utf8('hello worle')), false)
    assert.equal(verifies(cid, utf8('')), false)
  })

  test('an identity CID carries its bytes', () => {
    const cid = parseCid(CID.createV1(rawCodec, digest.create(0, utf8('tiny'))).toString())
    assert.deepEqual(inlineBytes(cid), utf8('tiny'))
    assert.equal(verifies(cid, utf8('tiny')), true)
    assert.equal(verifies(cid, utf8('tint')), false)
    assert.equal(inlineBytes(parseCid(hello)), undefined)
  })

  test('what no edge could check is refused', () => {
    const hash32 = new Uint8Array(32)
    const rows: [name: string, make: () => unknown, code: string][] = [
      ['empty', () => parseCid(''), 'bytes/malformed'],
      ['a word', () => parseCid('hello'), 'bytes/malformed'],
      ['too long', () => parseCid(`b${'a'.repeat(300)}`), 'bytes/malformed'],
      ['cut', () => parseCid(hello.slice(0, -3)), 'bytes/malformed'],
      ['cut v0', () => parseCid('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5'), 'bytes/malformed'],
      [
        'dag-cbor',
        () => decodeCid(CID.createV1(0x71, digest.create(0x12, hash32)).bytes),
        'content/unsupported',
      ],
      [
        'sha2-512',
        () => decodeCid(CID.createV1(0x55, digest.create(0x13, new Uint8Array(64))).bytes),
        'content/unsupported',
      ],
      [
        'short sha2-256',
        () => decodeCid(CID.createV1(0x55, digest.create(0x12, new Uint8Array(20))).bytes),
        'content/unsupported',
      ],
      [
        'identity of 129',
        () => decodeCid(CID.createV1(0x55, digest.create(0, new Uint8Array(129))).bytes),
        'bytes/malformed',
      ],
      ['bytes behind', () => decodeCid(Uint8Array.from([...parseCid(hello).bytes, 0])), 'bytes/malformed'],
      ['no bytes', () => decodeCid(new Uint8Array(0)), 'bytes/malformed'],
    ]
    for (const [name, make, code] of rows) {
      assert.throws(make, (error: unknown) => isFault(error) && error.code === code, name)
    }
  })
})

describe('contenthash (EIP-1577)', () => {
  /** The example of the EIP, its root as version 1. */
  const example = 'e3010170122029f2d17be6139079dc48696d1f582a8530eb9805b561eda517e22a892c7e3f1f'

  test('the example of the EIP', () => {
    const cid = decodeContenthash(fromHex(example)!)
    assert.equal(cid.code, dagPbCodec)
    assert.equal(formatCid(cid), formatCid(parseCid('QmRAQB6YaCyidP37UdDnjFY5vQuiBrcqdyoW1CuDgwxkD4')))
    assert.equal(toHex(encodeContenthash(cid)), example)
  })

  test('a root of version 0 is written as version 1', () => {
    const old = CID.parse('QmRAQB6YaCyidP37UdDnjFY5vQuiBrcqdyoW1CuDgwxkD4')
    assert.equal(toHex(encodeContenthash(old)), example)
  })

  test('anything else is refused', () => {
    const rows: [hex: string, code: string][] = [
      ['', 'bytes/malformed'],
      ['e3', 'bytes/malformed'],
      ['e301', 'bytes/malformed'],
      [`e501${example.slice(4)}`, 'content/unsupported'],
      [`${example}00`, 'bytes/malformed'],
      [example.slice(0, -2), 'bytes/malformed'],
      [
        'e40101fa011b20d1de9994b4d039f6548d191eb26786769f580809256b4685ef316805265ea162',
        'content/unsupported',
      ],
    ]
    for (const [hex, code] of rows) {
      assert.throws(
        () => decodeContenthash(fromHex(hex)!),
        (e: unknown) => isFault(e) && e.code === code,
        hex,
      )
    }
  })
})
