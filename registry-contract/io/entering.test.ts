import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Entrance, enterApart } from './entering.ts'

const nobody = `0x${'11'.repeat(20)}`
const contract = { address: nobody, block: 0 }
const entrance = {
  url: 'http://127.0.0.1:1',
  chainId: 31_337,
  key: { privateKey: `0x${'22'.repeat(32)}` },
  addresses: { contracts: { EdgeRegistry: contract, InxtToken: contract } },
  place: { peerKey: `0x${'33'.repeat(32)}`, address: '127.0.0.1', dnsPort: 1, httpPort: 1, overlayPort: 1 },
  stake: 5n,
} as unknown as Entrance

test('what goes wrong apart is the Fault that it would have been here', async () => {
  await assert.rejects(enterApart(entrance), { name: 'Fault', code: 'chain/unreachable' })
})

test('a bug apart is loud here, too', async () => {
  const key = { privateKey: 'no key' }
  await assert.rejects(enterApart({ ...entrance, key }), /entering the Roll ended with code 1/)
})
