// The whole way without believing anybody: validators' signatures, a final block, its header, a name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAncestry } from '../ancestry.ts'
import { createFinality } from '../beacon/finality.ts'
import { createRehearsal, rehearsalConfig } from '../beacon/rehearsal.ts'
import { askHeader } from '../headers.ts'
import { childNode, nodeOf } from '../label.ts'
import { proofRehearsal } from './proof-rehearsal.ts'
import { proveName } from './prover.ts'

test('a name is proven from a checkpoint of the beacon chain, at a final block and before it', async () => {
  const chain = await proofRehearsal()
  try {
    const node = childNode(nodeOf('inxt'), 'mysite')
    await chain.call('assign', node, chain.owner, 4e9, '0x01')
    await chain.call('setContenthash', node, '0x02')
    const final = (await askHeader(chain.rpc, 'latest'))!

    const config = rehearsalConfig()
    const beacon = createRehearsal(config)
    const start = 1700 * 32 * 256
    const { root, answer } = beacon.bootstrap(start, `0x${'b0'.repeat(32)}`)
    const slots = { finalizedSlot: start + 32, attestedSlot: start + 96, signatureSlot: start + 97 }
    const { finalHash } = createFinality({
      network: { config, genesisAt: 0 },
      checkpoint: root,
      endpoints: [
        {
          url: 'beacon',
          bootstrap: async () => answer,
          updates: async () => [],
          finality: async () => beacon.update({ ...slots, kind: 'finality', executionHash: final.hash }),
        },
      ],
    })
    const headers = createAncestry({ finalHash, endpoints: [chain.rpc] })
    const now = (start + 100) * config.SLOT_DURATION_MS
    const target = { registry: chain.registry, node }
    const shown = []
    for (const number of [final.number, final.number - 1]) {
      const { bytes } = (await headers.at(number, now))!
      shown.push((await proveName(chain.rpc, bytes, target)).record.contenthash)
    }
    assert.deepEqual(shown, ['0x02', '0x01'])
  } finally {
    await chain.stop()
  }
})
