import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { encodeHeader, readHeader } from './header.ts'

const zeros = (bytes: number): string => `0x${'00'.repeat(bytes)}`
const emptyTrie = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

/** The first block of Ethereum, whose hash everybody knows. */
const genesis = {
  parentHash: zeros(32),
  sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
  miner: zeros(20),
  stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
  transactionsRoot: emptyTrie,
  receiptsRoot: emptyTrie,
  logsBloom: zeros(256),
  difficulty: '0x400000000',
  number: '0x0',
  gasLimit: '0x1388',
  gasUsed: '0x0',
  timestamp: '0x0',
  extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
  mixHash: zeros(32),
  nonce: '0x0000000000000042',
}

describe('header', () => {
  test('the bytes of the first block have its hash', () => {
    const header = readHeader(encodeHeader(genesis))
    assert.deepEqual(header, {
      hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
      parentHash: genesis.parentHash,
      stateRoot: genesis.stateRoot,
      number: 0,
      minedAt: 0,
    })
  })

  test('fields of later forks follow in their order, absent ones are left out', () => {
    const london = { ...genesis, baseFeePerGas: '0x3b9aca00' }
    const shanghai = { ...london, withdrawalsRoot: emptyTrie, blobGasUsed: null }
    const lengths = [genesis, london, shanghai].map(block => encodeHeader(block).length)
    assert.deepEqual([lengths[1]! - lengths[0]!, lengths[2]! - lengths[1]!], [5, 33])
    assert.equal(readHeader(encodeHeader({ ...shanghai, number: '0x112a880' })).number, 18_000_000)
  })

  test('what is not a header is refused', () => {
    const rows: [why: string, block: unknown][] = [
      ['nothing', null],
      ['a list', []],
      ['a missing field', { ...genesis, nonce: undefined }],
      ['a short hash', { ...genesis, stateRoot: '0x00' }],
      ['a number as a number', { ...genesis, number: 1 }],
      ['a number of 264 bits', { ...genesis, difficulty: `0x1${'00'.repeat(32)}` }],
      ['a kilobyte too much', { ...genesis, extraData: zeros(1025) }],
    ]
    for (const [why, block] of rows) {
      assert.throws(
        () => encodeHeader(block),
        error => isFault(error, 'bytes/malformed'),
        why,
      )
    }
    const wide = encodeHeader({ ...genesis, number: `0x${'ff'.repeat(7)}` })
    assert.throws(
      () => readHeader(wide),
      error => isFault(error, 'bytes/malformed'),
    )
    assert.throws(
      () => readHeader(new Uint8Array(3000)),
      error => isFault(error, 'bytes/too-large'),
    )
  })
})
