import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, N, Signature, toBeHex, Wallet } from 'ethers'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { decodeGrant, encodeGrant, grantLifeMsMax, grantText, signerOf } from './grant.ts'

const now = Date.UTC(2026, 10, 22)
const root = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'
const terms = { name: 'welcome', root, untilAt: now + grantLifeMsMax }
const signature = `0x${'11'.repeat(65)}`

describe('grant', () => {
  test('survives the header and names its signer', async () => {
    const wallet = Wallet.createRandom()
    const grant = { ...terms, signature: await wallet.signMessage(grantText(terms)) }
    assert.deepEqual(decodeGrant(encodeGrant(grant), now), grant)
    const address = wallet.address.toLowerCase()
    assert.equal(signerOf(grant), address)
    const { r, s, v, yParity } = Signature.from(grant.signature)
    const spelled = (s: bigint, last: number): string =>
      signerOf({ ...grant, signature: concat([r, toBeHex(s, 32), toBeHex(last)]) })
    assert.equal(spelled(BigInt(s), yParity), address)
    assert.notEqual(signerOf({ ...grant, root: root.replace('b', 'c') }), address)
    const refused = (e: unknown): boolean => isFault(e, 'publish/refused')
    assert.throws(() => signerOf({ ...grant, signature }), refused)
    assert.throws(() => spelled(BigInt(s), 29), refused)
    assert.throws(() => spelled(N - BigInt(s), 55 - v), refused)
  })

  test('is refused when it is late, early, or not one', () => {
    const headers = [
      undefined,
      '',
      'Basic abc',
      'INXT ***',
      `INXT ${'a'.repeat(2000)}`,
      `INXT ${Buffer.from('null').toString('base64url')}`,
      encodeGrant({ ...terms, signature: '0x' }),
      encodeGrant({ ...terms, signature, name: 'UPPER' }),
      encodeGrant({ ...terms, signature, root: '../etc' }),
      encodeGrant({ ...terms, signature, untilAt: now }),
      encodeGrant({ ...terms, signature, untilAt: now + 3 * grantLifeMsMax }),
      encodeGrant({ ...terms, signature, untilAt: Number.NaN }),
    ]
    for (const header of headers) {
      assert.throws(
        () => decodeGrant(header, now),
        (e: unknown) => isFault(e, 'publish/refused'),
        header ?? 'none',
      )
    }
  })

  test('no header makes it throw anything but a Fault', () => {
    const anyJson = fc
      .jsonValue()
      .map(value => `INXT ${Buffer.from(JSON.stringify(value)).toString('base64url')}`)
    fc.assert(
      fc.property(fc.oneof(fc.string(), anyJson), header => {
        assert.throws(
          () => decodeGrant(header, now),
          (e: unknown) => isFault(e, 'publish/refused'),
        )
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
