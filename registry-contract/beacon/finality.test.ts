import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault, isFault } from '../../base/fault.ts'
import { type BeaconEndpoint, createFinality } from './finality.ts'
import { type BeaconNetwork, beaconNetwork, slotAt } from './network.ts'
import { createRehearsal, rehearsalConfig } from './rehearsal.ts'

const slotsPerPeriod = 32 * 256
const period = 1700
const start = period * slotsPerPeriod
const hash = (byte: number): string => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`

const config = rehearsalConfig()
const network: BeaconNetwork = { config, genesisAt: 0 }
const rehearsal = createRehearsal(config)
const { root, answer } = rehearsal.bootstrap(start + 32, hash(0xb0))
const msAt = (slot: number): number => slot * config.SLOT_DURATION_MS

/** A node that knows the chain up to a slot; one update for each period, and finality 64 slots behind. */
function endpoint(url: string, headSlot: number, given: Partial<BeaconEndpoint> = {}): BeaconEndpoint {
  const finalizedSlot = headSlot - 96
  const slots = { finalizedSlot, attestedSlot: headSlot - 1, signatureSlot: headSlot }
  return {
    url,
    bootstrap: async wanted => {
      if (wanted === root) return answer
      throw new Fault('chain/unreachable', 'It does not know the checkpoint.')
    },
    updates: async (from, count) =>
      Array.from({ length: Math.min(count, Math.floor(headSlot / slotsPerPeriod) - from + 1) }, (_, i) => {
        const at = (from + i) * slotsPerPeriod + 100
        const slots = { finalizedSlot: at, attestedSlot: at + 64, signatureSlot: at + 65 }
        return rehearsal.update({ ...slots, executionHash: hash(0xdd) })
      }),
    finality: async () => rehearsal.update({ ...slots, kind: 'finality', executionHash: hash(0xff) }),
    ...given,
  }
}

function follow(endpoints: BeaconEndpoint[], checkpoint = root) {
  const warned: string[] = []
  const onWarning = (url: string, what: string): void => void warned.push(`${url}: ${what}`)
  return { warned, finality: createFinality({ network, checkpoint, endpoints, onWarning }) }
}

const head = start + 3 * slotsPerPeriod + 1000
const now = msAt(head)

describe('finality', () => {
  test('from the checkpoint over days that were missed to the newest', async () => {
    const { finality, warned } = follow([endpoint('a', head)])
    assert.equal(finality.checkpoint(), undefined)
    assert.equal(await finality.finalHash(now), hash(0xff))
    assert.match(finality.checkpoint()!, /^0x[0-9a-f]{64}$/)
    assert.notEqual(finality.checkpoint(), root)
    assert.deepEqual(warned, [])
  })

  test('a checkpoint of more than two weeks is told, as its validators may have left', async () => {
    const late = start + 32 + (15 * 86_400_000) / config.SLOT_DURATION_MS
    const { finality, warned } = follow([endpoint('a', late, { updates: async () => [] })])
    await finality.finalHash(msAt(late))
    const says = 'the checkpoint is 15 days old: name a new one, from somebody you trust, in chain.checkpoint'
    assert.equal(warned[0], `a: ${says}`)
  })

  const rows: [why: string, bad: Partial<BeaconEndpoint>, says: RegExp][] = [
    [
      'has another bootstrap',
      { bootstrap: async () => rehearsal.bootstrap(start + 64, hash(1)).answer },
      /another block/,
    ],
    [
      'answers with garbage',
      { bootstrap: async () => 'x', finality: async () => [], updates: async () => ({}) },
      /slot/,
    ],
    ['lists no updates', { updates: async () => ({}) }, /no list/],
    ['lists too many', { updates: async () => new Array(99).fill({}) }, /no list/],
    [
      'has a finality that few signed',
      {
        finality: async () =>
          rehearsal.update({
            ...{ finalizedSlot: head - 40, attestedSlot: head - 2, signatureSlot: head - 1, signers: 300 },
            ...{ kind: 'finality', executionHash: hash(0xee) },
          }),
      },
      /only 300 of 512/,
    ],
  ]
  for (const [why, bad, says] of rows) {
    test(`one honest node is enough when the other ${why}`, async () => {
      const { finality, warned } = follow([endpoint('bad', head, bad), endpoint('good', head)])
      assert.equal(await finality.finalHash(now), hash(0xff))
      assert(
        warned.some(line => line.startsWith('bad: ') && says.test(line)),
        warned.join('\n'),
      )
      assert(warned.every(line => line.startsWith('bad: ')))
    })
  }

  test('what is known stays known when nobody answers, and nobody is asked twice a slot', async () => {
    let alive = true
    let asked = 0
    const honest = endpoint('a', head)
    const fading = async () => {
      asked++
      if (alive) return honest.finality()
      throw new Fault('chain/unreachable', 'It is dead.')
    }
    const { finality, warned } = follow([endpoint('a', head, { finality: fading })])
    await Promise.all([finality.finalHash(now), finality.finalHash(now)])
    await finality.finalHash(now + 11_000)
    assert.equal(asked, 1)
    alive = false
    assert.equal(await finality.finalHash(now + 12_000), hash(0xff))
    assert.deepEqual([asked, warned], [2, ['a: It is dead.']])
  })

  test('nothing is believed before the checkpoint was found', async () => {
    for (const endpoints of [[], [endpoint('a', head)]]) {
      const { finality } = follow(endpoints, hash(0x99))
      await assert.rejects(finality.finalHash(now), error => isFault(error, 'chain/unreachable'))
    }
  })

  test('networks have their clocks: the mainnet merged in slot 4,700,013', () => {
    const mainnet = beaconNetwork('mainnet')
    assert.equal(slotAt(mainnet, mainnet.genesisAt), 0)
    assert.equal(slotAt(mainnet, Date.UTC(2022, 8, 15, 6, 42, 59)), 4_700_013)
    assert.notDeepEqual(
      beaconNetwork('sepolia').config.genesisValidatorsRoot,
      mainnet.config.genesisValidatorsRoot,
    )
  })
})
