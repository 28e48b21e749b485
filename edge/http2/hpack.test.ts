import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Field } from '../message.ts'
import { CompressionError, Decoder, Encoder } from './hpack.ts'
import { huffmanDecode, huffmanEncode } from './huffman.ts'

const bounds = { listBytesMax: 65_536, fieldsMax: 1000 }
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('the examples of RFC 7541 Appendix C', () => {
  const conversations: [title: string, ...blocks: [string, Field[]][]][] = [
    [
      'C.3, without Huffman',
      ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', first()],
      ['8286 84be 5808 6e6f 2d63 6163 6865', second()],
      ['8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', third()],
    ],
    [
      'C.4, with Huffman',
      ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', first()],
      ['8286 84be 5886 a8eb 1064 9cbf', second()],
      ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', third()],
    ],
    [
      'C.2, each kind of literal',
      ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', [['custom-key', 'custom-header']]],
      ['040c 2f73 616d 706c 652f 7061 7468', [[':path', '/sample/path']]],
      ['1008 7061 7373 776f 7264 0673 6563 7265 74', [['password', 'secret']]],
      ['82', [[':method', 'GET']]],
    ],
  ]
  for (const [title, ...blocks] of conversations) {
    test(title, () => {
      const decoder = new Decoder(bounds)
      for (const [block, fields] of blocks)
        assert.deepEqual(decoder.decode(hex(block)), { fields, cut: false })
    })
  }
})

describe('what is no HPACK', () => {
  const rows: [title: string, block: string][] = [
    ['index 0 (§6.1)', '80'],
    ['an index behind the tables (§2.3.3)', 'be'],
    ['a name index behind the tables', '7f00 00'],
    ['a table larger than we allow (§6.3)', '3fe2 1f'],
    ['a change of size behind a field (§4.2)', '8220'],
    ['an integer without end (§5.1)', 'ffff ffff ffff ff01'],
    ['a block that ends in a name', '400a 6375'],
    ['a block that ends before a value', '4001 61'],
    ['padding of more than seven bits (§5.2)', '4082 1fff 0161'],
    ['padding of zeros (§5.2)', '4081 1801 61'],
    ['EOS inside a text (§5.2)', '0084 ffff ffff 0161'],
  ]
  for (const [title, block] of rows) {
    test(title, () => assert.throws(() => new Decoder(bounds).decode(hex(block)), CompressionError))
  }

  test('fuzz: nothing but CompressionError comes out, and never more than the bound', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), blocks => {
        const decoder = new Decoder({ listBytesMax: 1000, fieldsMax: 10 })
        for (const block of blocks) {
          try {
            const { fields } = decoder.decode(block)
            assert.ok(fields.length <= 10)
            assert.ok(fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0) <= 1000)
          } catch (error) {
            assert.ok(error instanceof CompressionError, String(error))
          }
        }
      }),
      { numRuns: 3000 },
    )
  })
})

test('every octet is the same after Huffman, and text gets shorter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 300 }), text => {
      const coded = huffmanEncode(text)
      if (coded === undefined) return
      assert.ok(coded.length < text.length)
      assert.equal(huffmanDecode(coded), text)
    }),
  )
})

test('a list that is too long is cut, and the table stays right', () => {
  const decoder = new Decoder({ listBytesMax: 200, fieldsMax: 3 })
  const bomb = Buffer.concat([hex('400a 6375 7374 6f6d 2d6b 6579 0161'), Buffer.alloc(500, 0xbe)])
  assert.equal(decoder.decode(bomb).cut, true)
  assert.deepEqual(decoder.decode(hex('be')), { fields: [['custom-key', 'a']], cut: false })
})

test('what we write we read, over many blocks, whatever size the peer allows its table', () => {
  const name = fc.constantFrom('a', 'server', 'x-inxt-edge', 'etag', 'content-type', ':status')
  const value = fc.oneof(
    fc.constantFrom('200', 'text/html', ''),
    fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  )
  const block = fc.record({
    size: fc.option(fc.constantFrom(0, 50, 200, 4096, 1e6)),
    fields: fc.array(fc.tuple(name, value), { maxLength: 12 }),
  })
  fc.assert(
    fc.property(fc.array(block, { maxLength: 30 }), blocks => {
      const encoder = new Encoder()
      const decoder = new Decoder(bounds)
      for (const { size, fields } of blocks) {
        if (size !== null) encoder.resize(size)
        assert.deepEqual(decoder.decode(encoder.encode(fields)).fields, fields)
      }
    }),
  )
})

function first(): Field[] {
  return [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ]
}

function second(): Field[] {
  return [...first(), ['cache-control', 'no-cache']]
}

function third(): Field[] {
  return [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ]
}
