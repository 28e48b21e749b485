import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toHex } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { createAncestry } from './ancestry.ts'
import { encodeHeader, readHeader } from './header.ts'
import { askHeader, createQuorumHeaders, type HeaderEndpoint, type QuorumOptions } from './headers.ts'

const now = 1_800_000_000_000
const word = (byte: number): string => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`
const quantity = (n: number): string => `0x${n.toString(16)}`

type Block = Record<string, unknown> & { hash: string }

/** Whole headers, one every 12 seconds up to `now`; `salt` makes it another chain from a block on. */
function chainOf(length: number, salt = 0, from = 0): Block[] {
  const blocks: Block[] = []
  for (let number = 0; number < length; number++) {
    const fields = {
      parentHash: blocks.at(-1)?.hash ?? word(0),
      ...{ sha3Uncles: word(1), miner: `0x${'00'.repeat(20)}`, stateRoot: word(number >= from ? salt : 0) },
      ...{ transactionsRoot: word(2), receiptsRoot: word(3), logsBloom: `0x${'00'.repeat(256)}` },
      ...{ difficulty: '0x0', number: quantity(number), gasLimit: '0x1', gasUsed: '0x0', extraData: '0x' },
      timestamp: quantity(now / 1000 - 12 * (length - 1 - number)),
      ...{ mixHash: word(4), nonce: '0x0000000000000000', baseFeePerGas: '0x7' },
    }
    blocks.push({ ...fields, hash: readHeader(encodeHeader(fields)).hash })
  }
  return blocks
}

interface Endpoint extends HeaderEndpoint {
  asked: number
}

/** An honest endpoint of `blocks`, or what `spoil` makes of its answers. */
function endpoint(url: string, blocks: Block[], spoil = (answer: unknown): unknown => answer): Endpoint {
  return {
    url,
    asked: 0,
    async call(method, [wanted]) {
      this.asked++
      if (method === 'eth_getBlockByHash') return spoil(blocks.find(block => block.hash === wanted) ?? null)
      return spoil((wanted === 'latest' ? blocks.at(-1) : blocks[Number(wanted)]) ?? null)
    },
  }
}

const dead = (): never => {
  throw new Fault('chain/unreachable', 'It is dead.')
}
const chain = chainOf(101)

function quorumOf(endpoints: HeaderEndpoint[], given: Partial<QuorumOptions> = {}) {
  const warned: string[] = []
  const onWarning = (url: string, what: string): void => void warned.push(`${url}: ${what}`)
  return { warned, source: createQuorumHeaders({ endpoints, depth: 10, onWarning, ...given }) }
}

describe('quorum of endpoints', () => {
  test('believes what most say of a block that is deep enough', async () => {
    const { source, warned } = quorumOf([endpoint('a', chain), endpoint('b', chain), endpoint('c', chain)])
    const header = await source.newest(now)
    assert.deepEqual([header.number, header.hash, header.minedAt], [90, chain[90]!.hash, now - 120_000])
    assert.equal(readHeader(header.bytes).hash, header.hash)
    assert.equal((await source.at(3, now))?.hash, chain[3]!.hash)
    assert.equal(await source.at(91, now), undefined)
    assert.deepEqual(warned, [])
  })

  const lying = chainOf(101, 9, 50)
  const future = chainOf(1).map(block => ({ ...block, timestamp: quantity(now / 1000 + 60) }))
  const futures = future.map(fields => ({ ...fields, hash: readHeader(encodeHeader(fields)).hash }))
  const far = chainOf(2000)
  const rows: [why: string, third: HeaderEndpoint, says: RegExp][] = [
    ['lies', endpoint('c', lying), /c: It gives another block 90 than 2 others/],
    ['is dead', endpoint('c', chain, dead), /c: It is dead/],
    ['lags', endpoint('c', chain.slice(0, 80)), /c: It lags: its head is 79/],
    ['claims a head far ahead', endpoint('c', far), /c: It gives another block 90/],
    ['speaks of the future', endpoint('c', futures), /c: The head 0 is from the future/],
    [
      'answers with half a header',
      endpoint('c', chain, a => ({ ...(a as Block), nonce: '0x' })),
      /c: .*nonce/,
    ],
    ['answers with garbage', endpoint('c', chain, () => 'x'), /c: .*no block/],
    ['answers with nothing', endpoint('c', [], () => null), /c: It has no head/],
    [
      'claims a hash that is not the header’s',
      endpoint('c', chain, a => ({ ...(a as Block), hash: word(1) })),
      /c: .*hash/,
    ],
    ['answers with another block', endpoint('c', chain, () => chain[5]), /c: .*not the one/],
  ]
  for (const [why, third, says] of rows) {
    test(`outvotes and names one that ${why}`, async () => {
      const { source, warned } = quorumOf([endpoint('a', chain), endpoint('b', chain), third])
      assert.equal((await source.newest(now)).hash, chain[90]!.hash)
      assert(
        warned.every(line => line.startsWith('c: ')) && warned.some(line => says.test(line)),
        warned.join('\n'),
      )
    })
  }

  test('believes nobody when too few agree or answer', async () => {
    const cases: [endpoints: HeaderEndpoint[], says: RegExp][] = [
      [[endpoint('a', chain), endpoint('b', lying)], /No header of block 90.*most that agree are 1/],
      [[endpoint('a', chain), endpoint('b', chain, dead)], /Only 1 of 2 endpoints/],
      [[], /Only 0 of 0/],
      [[endpoint('a', chain.slice(0, 5))], /younger than the 10 blocks/],
    ]
    for (const [endpoints, says] of cases) {
      await assert.rejects(
        quorumOf(endpoints).source.newest(now),
        error => isFault(error, 'chain/unreachable') && says.test(error.message),
      )
    }
  })

  test('asks once for what is final', async () => {
    const only = endpoint('a', chain)
    const { source } = quorumOf([only])
    await source.newest(now)
    const before = only.asked
    for (let i = 0; i < 5; i++) await source.at(90, now)
    assert.equal(only.asked, before)
  })
})

describe('ancestry', () => {
  const finalHash = async (): Promise<string> => chain[90]!.hash
  const ancestry = (endpoints: HeaderEndpoint[], stepsMax?: number) =>
    createAncestry({ finalHash, endpoints, ...(stepsMax !== undefined && { stepsMax }) })

  test('walks back from a hash that is beyond doubt, past endpoints that lie', async () => {
    const liar = endpoint('a', chainOf(101, 9), answer => answer ?? chain[7])
    const honest = endpoint('b', chain)
    const source = ancestry([liar, honest])
    assert.equal((await source.newest(now)).number, 90)
    assert.equal((await source.at(85, now))?.hash, chain[85]!.hash)
    assert.equal(honest.asked, 6)
    assert.equal((await source.at(87, now))?.hash, chain[87]!.hash)
    assert.equal((await source.at(83, now))?.hash, chain[83]!.hash)
    assert.equal(honest.asked, 8)
  })

  test('knows nothing of what is not final, or too old', async () => {
    const source = ancestry([endpoint('a', chain)], 5)
    const found = await Promise.all([91, 84, -1].map(number => source.at(number, now)))
    assert.deepEqual(found, [undefined, undefined, undefined])
    assert.equal((await source.at(85, now))?.number, 85)
  })

  test('says so when nobody has the header', async () => {
    const source = ancestry([endpoint('a', chainOf(3, 9)), endpoint('b', chain, dead)])
    await assert.rejects(source.newest(now), error => isFault(error, 'chain/unreachable'))
  })
})

test('a header is asked for by number, by hash or as the newest', async () => {
  const one = endpoint('a', chain)
  const found = await Promise.all([askHeader(one, 4), askHeader(one, { hash: chain[4]!.hash })])
  assert.deepEqual(
    found.map(header => header?.number),
    [4, 4],
  )
  assert.equal((await askHeader(one, 'latest'))?.number, 100)
  assert.equal(await askHeader(one, 1000), undefined)
  assert.equal(toHex(found[0]!.bytes), toHex(encodeHeader(chain[4])))
})
