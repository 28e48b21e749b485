import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { childNode, nodeOf } from './label.ts'
import { createProof, type ProofTarget, verifyProof } from './proof.ts'
import { decodeProof, encodeProof, type NameProof } from './proof-codec.ts'
import { specimen, specimenHash, specimenLabels } from './proof-specimens.ts'

const nobody = `0x${'00'.repeat(20)}`
const owner = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const held = { owner, delegate: nobody, expiresAt: 4e12, zonehash: '0x' }
const records = {
  mysite: { ...held, sequence: 2, contenthash: `0xe30101701220${'ab'.repeat(32)}` },
  everything: {
    ...held,
    delegate: `0x${'77'.repeat(20)}`,
    sequence: 5,
    contenthash: `0x${'1d'.repeat(20)}`,
    zonehash: `0x${'cd'.repeat(100)}`,
  },
  bare: { ...held, sequence: 1, contenthash: '0x' },
  nobody: { owner: nobody, delegate: nobody, expiresAt: 0, sequence: 0, contenthash: '0x', zonehash: '0x' },
}

describe('proof', () => {
  for (const label of specimenLabels) {
    test(`shows all of ${label}`, async () => {
      const { bytes, target } = specimen(label)
      const { block, node, ...record } = await verifyProof(decodeProof(bytes), target, specimenHash)
      assert.deepEqual(record, records[label])
      assert.deepEqual([node, block.hash, block.number], [target.node, specimenHash, 38])
    })
  }

  test('is made from any heap of nodes, in rounds, and is the same as recorded', async () => {
    for (const label of specimenLabels) {
      const { bytes, target } = specimen(label)
      const { header, account, storage } = decodeProof(bytes)
      const others = decodeProof(specimen('everything').bytes).storage
      const rounds: number[] = []
      const proof = await createProof(header, target, async slots => {
        rounds.push(slots.length)
        return { account: account.toReversed(), storage: [...others, ...storage, ...storage].toReversed() }
      })
      assert.deepEqual(encodeProof(proof), bytes, label)
      const expected = { mysite: [1, 1], everything: [1, 3, 4], bare: [1], nobody: [1] }
      assert.deepEqual(rounds, expected[label])
    }
  })

  const proofOf = (label: 'mysite' | 'bare' | 'nobody'): NameProof => decodeProof(specimen(label).bytes)
  const { target } = specimen('mysite')
  const mine = proofOf('mysite')
  const other = childNode(nodeOf('inxt'), 'name-7')
  const rows: [why: string, proof: NameProof, target: ProofTarget, hash: string, step: RegExp][] = [
    ['another block', mine, target, `0x${'11'.repeat(32)}`, /^Header:/],
    ['another contract', mine, { ...target, registry: nobody }, specimenHash, /^Account:/],
    [
      'a contract of other code',
      mine,
      { ...target, codeHash: specimenHash },
      specimenHash,
      /^Account:.*code/,
    ],
    ['another name', mine, { ...target, node: other }, specimenHash, /^Storage:/],
    [
      'a name that is there as absent',
      { ...mine, storage: proofOf('nobody').storage },
      target,
      specimenHash,
      /^Storage:/,
    ],
    [
      'the slots of another',
      { ...mine, storage: proofOf('bare').storage },
      target,
      specimenHash,
      /^Storage:/,
    ],
    ['no slots', { ...mine, storage: [] }, target, specimenHash, /^Storage:/],
    ['no account', { ...mine, account: [] }, target, specimenHash, /^Account:/],
    [
      'a node too many',
      { ...mine, account: [...mine.account, mine.storage[0]!] },
      target,
      specimenHash,
      /^Account:/,
    ],
  ]
  for (const [why, proof, target, hash, step] of rows) {
    test(`is refused for ${why}, and says where`, async () => {
      await assert.rejects(
        verifyProof(proof, target, hash),
        error => isFault(error, 'proof/invalid') && step.test(error.message),
      )
    })
  }
})
