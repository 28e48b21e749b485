import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { createQuorumHeaders, type HeaderSource } from '../headers.ts'
import { childNode, nodeOf } from '../label.ts'
import type { ProofTarget } from '../proof.ts'
import { encodeProof } from '../proof-codec.ts'
import { proofRehearsal, type Rehearsal } from './proof-rehearsal.ts'
import { proveByAny, proveName } from './prover.ts'

const node = (label: string): string => childNode(nodeOf('inxt'), label)
const digest = `0xe30101701220${'ab'.repeat(32)}`

describe('proofs from a chain that runs', () => {
  let chain: Rehearsal
  let headers: HeaderSource
  let target: (label: string) => ProofTarget
  // Any instant after the last block: a header from the future is not believed.
  const now = 4e12

  before(async () => {
    chain = await proofRehearsal()
    headers = createQuorumHeaders({ endpoints: [chain.rpc], depth: 0 })
    target = label => ({ registry: chain.registry, node: node(label) })
  })
  after(() => chain.stop())

  test('every form of a record, as the contract itself says it', async () => {
    const { owner, call } = chain
    for (let i = 0; i < 8; i++) await call('assign', node(`name-${i}`), owner, 4e9, digest)
    await call('assign', node('full'), owner, 4e9, '0x')
    await call('setDelegate', node('full'), `0x${'77'.repeat(20)}`)
    for (const length of [0, 1, 31, 32, 38, 64, 65, 128]) {
      const hash = `0x${'5a'.repeat(length)}`
      await call('setContenthash', node('full'), hash)
      await call('setZonehash', node('full'), length === 38 ? `0xe30101551220${'cd'.repeat(32)}` : hash)
      const { bytes } = await headers.newest(now)
      const { record, proof } = await proveName(chain.rpc, bytes, target('full'))
      const { block, node: proven, ...shown } = record
      assert.deepEqual(shown, await chain.read(node('full')), `${length} bytes`)
      assert.equal(proven, node('full'))
      assert(encodeProof(proof).length < 6000)
    }
    const { bytes } = await headers.newest(now)
    const { record } = await proveName(chain.rpc, bytes, target('nobody'))
    assert.deepEqual([record.sequence, record.expiresAt], [0, 0])
  })

  test('at past blocks too: each shows what was so then', async () => {
    const { owner, call } = chain
    const past = []
    for (const byte of ['01', '02', '03']) {
      await call(
        byte === '01' ? 'assign' : 'setContenthash',
        node('past'),
        ...(byte === '01' ? [owner, 4e9] : []),
        `0x${byte}`,
      )
      past.push(await headers.newest(now))
    }
    for (const [i, { bytes, number }] of past.entries()) {
      const { record } = await proveName(chain.rpc, bytes, target('past'))
      assert.deepEqual([record.contenthash, record.block.number], [`0x0${i + 1}`, number])
      assert.equal((await headers.at(number, now))?.hash, record.block.hash)
    }
  })

  test('code is checked where it is known, and one endpoint that can is enough', async () => {
    const { bytes } = await headers.newest(now)
    const code = (await chain.rpc.call('eth_getCode', [chain.registry, 'latest'])) as string
    const codeHash = `0x${toHex(keccak_256(fromHex(code)!))}`
    const lying = { call: async () => ({ accountProof: [], storageProof: [] }) }
    const { record } = await proveByAny([lying, chain.rpc], bytes, { ...target('full'), codeHash })
    assert.equal(record.owner, chain.owner)
    const other = proveByAny([chain.rpc], bytes, { ...target('full'), codeHash: `0x${'00'.repeat(32)}` })
    await assert.rejects(other, error => isFault(error, 'proof/invalid') && /code/.test(error.message))
    const nowhere = proveName(chain.rpc, bytes, { ...target('full'), registry: `0x${'12'.repeat(20)}` })
    await assert.rejects(nowhere, error => isFault(error, 'proof/invalid') && /^Account/.test(error.message))
    await assert.rejects(proveByAny([], bytes, target('full')), error => isFault(error, 'chain/unreachable'))
  })
})
