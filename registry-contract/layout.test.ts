import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { type NameRecord, recordOf, slotsOf } from './layout.ts'

const node = new Uint8Array(32).fill(0x11)
const base = BigInt(`0x${toHex(keccak_256(concatBytes([node, new Uint8Array(32)])))}`)
const slot = (add: number): string => (base + BigInt(add)).toString(16).padStart(64, '0')
/** Where a long hash of kind "other" continues. */
const behind = (add: number, i: number): string =>
  (BigInt(`0x${toHex(keccak_256(fromHex(slot(add))!))}`) + BigInt(i)).toString(16).padStart(64, '0')

/** Flags, sequence, expiry and owner from the left, as in the table of NameRegistry.sol. */
const facts = (flags: number): string =>
  `${flags.toString(16).padStart(2, '0')}000000000003${'0065000000'}${'22'.repeat(20)}`

const storage = (words: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(words).map(([at, word]) => [at, fromHex(word)!]))

/** Reads as the verifier does: asks for slots until all are known; what is not there is zero. */
function read(words: Record<string, string>): { record: NameRecord; slots: string[]; rounds: number } {
  const all = storage(words)
  const known = new Map<string, Uint8Array>()
  for (let rounds = 0; ; rounds++) {
    const slots = slotsOf(node, known).map(toHex)
    const missing = slots.filter(at => !known.has(at))
    if (missing.length === 0) return { record: recordOf(node, known), slots, rounds }
    for (const at of missing) known.set(at, all.get(at) ?? new Uint8Array(32))
  }
}

const owner = `0x${'22'.repeat(20)}`
const nobody = `0x${'00'.repeat(20)}`
const digest = 'ab'.repeat(32)
const right = (hex: string): string => hex.padEnd(64, '0')

describe('layout', () => {
  const rows: [what: string, words: Record<string, string>, record: Partial<NameRecord>, slots: string[]][] =
    [
      ['nothing', {}, { owner: nobody, sequence: 0, expiresAt: 0 }, [slot(0)]],
      ['an owner', { [slot(0)]: facts(0) }, { owner, sequence: 3, expiresAt: 0x65000000 * 1000 }, [slot(0)]],
      [
        'a delegate',
        { [slot(0)]: facts(16), [slot(1)]: '33'.repeat(20).padStart(64, '0') },
        { delegate: `0x${'33'.repeat(20)}` },
        [slot(0), slot(1)],
      ],
      [
        'a directory and a raw zone',
        { [slot(0)]: facts(1 | (2 << 2)), [slot(2)]: digest, [slot(3)]: digest },
        { contenthash: `0xe30101701220${digest}`, zonehash: `0xe30101551220${digest}` },
        [slot(0), slot(2), slot(3)],
      ],
      [
        'a digest of zeros, which takes no storage',
        { [slot(0)]: facts(1) },
        { contenthash: `0xe30101701220${'00'.repeat(32)}` },
        [slot(0), slot(2)],
      ],
      [
        'a short hash of another kind',
        { [slot(0)]: facts(3), [slot(4)]: `${right('0102')}`.replace(/..$/, '04') },
        { contenthash: '0x0102' },
        [slot(0), slot(4)],
      ],
      [
        'a long hash of another kind',
        {
          [slot(0)]: facts(3 << 2),
          [slot(5)]: (33 * 2 + 1).toString(16).padStart(64, '0'),
          [behind(5, 0)]: digest,
          [behind(5, 1)]: right('cd'),
        },
        { contenthash: '0x', zonehash: `0x${digest}cd` },
        [slot(0), slot(5), behind(5, 0), behind(5, 1)],
      ],
    ]
  for (const [what, words, record, slots] of rows) {
    test(`reads ${what}`, () => {
      const found = read(words)
      assert.deepEqual({ ...found.record, ...record }, found.record)
      assert.deepEqual(found.slots, slots)
    })
  }

  test('what the contract never writes is refused', () => {
    const other = { [slot(0)]: facts(3) }
    const rows: [why: string, words: Record<string, string>][] = [
      ['a flag of a later version', { [slot(0)]: facts(32) }],
      ['a delegate of 21 bytes', { [slot(0)]: facts(16), [slot(1)]: '33'.repeat(21).padStart(64, '0') }],
      ['a hash of no bytes', other],
      ['a long hash of 31 bytes', { ...other, [slot(4)]: (31 * 2 + 1).toString(16).padStart(64, '0') }],
      ['a long hash of 129 bytes', { ...other, [slot(4)]: (129 * 2 + 1).toString(16).padStart(64, '0') }],
      ['a hash without end', { ...other, [slot(4)]: 'ff'.repeat(32) }],
      ['a short hash of 40 bytes', { ...other, [slot(4)]: `${'00'.repeat(31)}50` }],
      ['bytes behind a short hash', { ...other, [slot(4)]: `010203${'00'.repeat(28)}04` }],
      [
        'bytes behind a long hash',
        {
          ...other,
          [slot(4)]: (33 * 2 + 1).toString(16).padStart(64, '0'),
          [behind(4, 0)]: digest,
          [behind(4, 1)]: right('cdcd'),
        },
      ],
    ]
    for (const [why, words] of rows) {
      assert.throws(
        () => read(words),
        error => isFault(error, 'proof/invalid') && error.message.startsWith('Record: '),
        why,
      )
    }
  })

  test('any words: a record or a Fault, in three rounds and twelve slots at most', () => {
    const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
    const length = fc.nat(300).map(n => n.toString(16).padStart(64, '0'))
    fc.assert(
      fc.property(
        fc.nat(40),
        word,
        fc.oneof(word, length),
        fc.oneof(word, length),
        (flags, one, four, five) => {
          try {
            const words = { [slot(0)]: facts(flags), [slot(1)]: one, [slot(4)]: four, [slot(5)]: five }
            const { slots, rounds } = read(words)
            assert(slots.length <= 12 && rounds <= 3)
          } catch (error) {
            if (!isFault(error, 'proof/invalid')) throw error
          }
        },
      ),
      { numRuns: 500, seed: 7 },
    )
  })
})
