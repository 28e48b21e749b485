import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../base/bytes.ts'
import { sipHash24 } from './siphash.ts'

// The key 00 01 … 0f and messages 00 01 … of each length: rows of the table of the reference implementation, and
// the example of the paper's appendix A (15 octets).
const rows: [length: number, hash: string][] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
]

for (const [length, hash] of rows) {
  test(`${length} octets`, () => {
    const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i)
    const into = new Uint8Array(10)
    sipHash24(bytes(16), bytes(length), into, 1)
    assert.equal(toHex(into), `00${hash}00`)
  })
}
