import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256 as oracle } from 'ethers/crypto'
import { toHex, utf8 } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { keccak256 } from './keccak.ts'

test('known answers', () => {
  const rows: [input: string, hex: string][] = [
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ]
  for (const [input, hex] of rows) assert.equal(toHex(keccak256(utf8(input))), hex)
})

test('agrees with ethers at every length around the block size', () => {
  const random = seededRandom(1)
  for (let length = 0; length <= 300; length++) {
    const input = Uint8Array.from({ length }, () => Math.floor(random.next() * 256))
    assert.equal(`0x${toHex(keccak256(input))}`, oracle(input), `length ${length}`)
  }
})
