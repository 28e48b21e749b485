import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Fault, isFault } from '../../base/fault.ts'
import { childNode } from '../label.ts'
import { claimCall, claimOf, claimsOn, edgesOn, labelOn, releaseCall, requireDomain } from './claims.ts'
import { type Devchain, startDevchain } from './devchain.ts'

test('domains as people type them', () => {
  const rows: [typed: string, domain: string | undefined][] = [
    ['example.com', 'example.com'],
    ['Example.COM.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ...['', '.', 'a..b', '-a.com', 'a_b.com', '127.0.0.1', 'a b.com', `${'a'.repeat(64)}.com`].map(
      (typed): [string, undefined] => [typed, undefined],
    ),
  ]
  for (const [typed, domain] of rows) {
    if (domain !== undefined) assert.equal(requireDomain(typed), domain)
    else
      assert.throws(
        () => requireDomain(typed),
        (error: Fault) => isFault(error, 'name/invalid'),
        typed,
      )
  }
})

describe('claims on a chain', () => {
  let chain: Devchain
  before(async () => {
    chain = await startDevchain()
  })
  after(() => chain.stop())

  test('are made, moved and taken back, beside those of others', async () => {
    const { rpc, addresses } = chain
    const [mine, theirs] = await Promise.all([chain.wallet(0), chain.wallet(1)])
    const domain = 'shop.example'
    const claims = [
      claimOf(addresses, domain, mine.address, 'first'),
      claimOf(addresses, domain, theirs.address, 'theirs'),
      claimOf(addresses, domain, mine.address, 'second'),
    ]
    await mine.send(claimCall(addresses, claims[0]!))
    await theirs.send(claimCall(addresses, claims[1]!))
    await mine.send(claimCall(addresses, claims[2]!))
    const byOwner = [claims[1]!, claims[2]!].sort((a, b) => (a.owner < b.owner ? -1 : 1))
    assert.deepEqual(await claimsOn(rpc, addresses, domain), byOwner)
    assert.deepEqual(await claimsOn(rpc, addresses, 'other.example'), [])
    await theirs.send(releaseCall(addresses, domain))
    assert.deepEqual(await claimsOn(rpc, addresses, domain), [claims[2]])
    await assert.rejects(theirs.send(releaseCall(addresses, domain)), (error: Fault) =>
      isFault(error, 'chain/reverted'),
    )
  })

  test('the label of a site, and the edges of the Roll', async () => {
    const { rpc, addresses } = chain
    await (await chain.registrar(0)).register('mysite')
    assert.equal(await labelOn(rpc, addresses, childNode(addresses.suffixNode, 'mysite')), 'mysite')
    assert.equal(await labelOn(rpc, addresses, childNode(addresses.suffixNode, 'nobodys')), undefined)
    const place = { address: '192.0.2.1', dnsPort: 53, httpPort: 80, overlayPort: 4001 }
    const keys = ['01', '02'].map(octet => `0x${octet.repeat(32)}`)
    const operators = await Promise.all([chain.operator(0), chain.operator(1)])
    for (const [i, operator] of operators.entries()) await operator.enter({ ...place, peerKey: keys[i]! })
    await operators[0]!.enter({ ...place, peerKey: keys[0]!, address: '192.0.2.7' })
    await operators[1]!.unbond(keys[1]!)
    assert.deepEqual(await edgesOn(rpc, addresses), [
      { peerKey: keys[0], addresses: ['192.0.2.7'], dnsPort: 53 },
    ])
  })
})
