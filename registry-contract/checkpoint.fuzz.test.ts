import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, fromHex, toHex, utf8 } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { createRegistry, type Registry } from './registry.ts'
import { blockHash, contracts, log, registration } from './specimens.ts'

const frameBytes = 32
const rowBytes = 192

function filled(): Registry {
  const registry = createRegistry(contracts)
  const owner = `0x${'0a'.repeat(20)}`
  const blocks = [registration('first', owner), ...fc.sample(fc.array(log), { numRuns: 30, seed: 8 })]
  blocks.forEach((logs, i) => {
    registry.apply({ number: i + 1, hash: blockHash(i + 1, 0), parentHash: blockHash(i, 0), logs })
  })
  return registry
}

const good = concatBytes([...filled().checkpoint()])
const body = good.subarray(0, -32)
const frame = new Uint32Array(body.slice(0, frameBytes).buffer)
const [jsonBytes, rowCount] = [frame[2]!, frame[3]!]
const json = JSON.parse(new TextDecoder().decode(body.subarray(frameBytes, frameBytes + jsonBytes)))
const rest = body.subarray(frameBytes + jsonBytes)

function summed(bytes: Uint8Array): Uint8Array {
  return concatBytes([bytes, createHash('sha256').update(bytes).digest()])
}

/** The same file with other small parts, and a checksum that is right again. */
function withJson(change: (plain: Record<string, unknown>) => unknown): Uint8Array {
  const text = utf8(JSON.stringify(change(structuredClone(json))))
  const head = new Uint32Array(frame)
  head[2] = text.length
  return summed(concatBytes([new Uint8Array(head.buffer), text, rest]))
}

/** The same file with other rows or labels. */
function withRest(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = body.slice()
  change(bytes.subarray(frameBytes + jsonBytes))
  return summed(bytes)
}

/** Restores, and uses everything that came of it: whatever is in the file, nothing but a Fault may come out. */
function use(bytes: Uint8Array): void {
  const registry = createRegistry(contracts)
  try {
    registry.restore(bytes)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    assert.equal(error.code, 'state/broken')
    return
  }
  for (const name of registry.names()) registry.lookup(name.label, 0)?.plain()
  registry.roll()
  registry.claims()
  for (const { number } of registry.known()) registry.rewindTo(number)
  registry.rewindTo(-1)
}

describe('a checkpoint that was tampered with', () => {
  test('any byte changed, any end missing: refused', () => {
    const refused = (bytes: Uint8Array): boolean => {
      try {
        createRegistry(contracts).restore(bytes)
        return false
      } catch (error) {
        return isFault(error, 'state/broken')
      }
    }
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = good.slice()
        bytes[at]! ^= change
        assert.ok(refused(bytes))
        assert.ok(refused(good.slice(0, at)))
      }),
      { numRuns: 200, seed: 5 },
    )
    assert.ok(!refused(good))
    assert.ok(
      !refused(Buffer.concat([Buffer.alloc(3), good]).subarray(3)),
      'a Buffer at an odd place of its pool',
    )
    assert.ok(refused(new Uint8Array(0)))
    assert.ok(refused(concatBytes([good, new Uint8Array(1)])))
  })

  test('with a right checksum: only Fault comes out, also when what was taken is used', () => {
    const keys = Object.keys(json)
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        use(withJson(plain => ({ ...plain, [key]: value })))
      }),
      { numRuns: 200, seed: 6 },
    )
    fc.assert(
      fc.property(fc.nat(rest.length - 1), fc.nat(255), (at, byte) => {
        use(
          withRest(bytes => {
            bytes[at] = byte
          }),
        )
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  test('wrong in one place, and refused for it', () => {
    type Plain = Record<string, unknown>
    type Journal = { floor: unknown; entries: { block: object; undo: Record<string, unknown[]> }[] }
    const journal = (change: (journal: Journal) => void): Uint8Array =>
      withJson(plain => {
        change(plain.journal as Journal)
        return plain
      })
    const edges = json.edges as Plain[]
    assert.ok(edges.length > 0 && json.claims.length > 0 && rowCount > 0)
    const imaged = (json.journal as Journal).entries.findIndex(entry => entry.undo.images!.length > 0)
    assert.ok(imaged >= 0)
    const image = (change: (image: unknown[]) => void): Uint8Array =>
      journal(({ entries }) => change(entries[imaged]!.undo.images![0] as unknown[]))
    const rows: [why: string, bytes: Uint8Array][] = [
      ['another contract', withJson(plain => ({ ...plain, contracts: {} }))],
      ['another suffix', withJson(plain => ({ ...plain, suffixNode: blockHash(1, 1) }))],
      ['an edge twice', withJson(plain => ({ ...plain, edges: [...edges, edges[0]] }))],
      ['a port', withJson(plain => ({ ...plain, edges: [{ ...edges[0], dnsPort: 65_536 }] }))],
      ['an address', withJson(plain => ({ ...plain, edges: [{ ...edges[0], address: '1.2.3.256' }] }))],
      ['a stake', withJson(plain => ({ ...plain, edges: [{ ...edges[0], stakeWei: '-1' }] }))],
      ['a claim twice', withJson(plain => ({ ...plain, claims: [json.claims[0], json.claims[0]] }))],
      ['a hash that is none', withJson(plain => ({ ...plain, beside: [[0, '0xe301']] }))],
      ['no journal', withJson(plain => ({ ...plain, journal: null }))],
      ['a floor below zero', journal(plain => (plain.floor = { number: -1, hash: blockHash(0, 0) }))],
      ['falling blocks', journal(({ entries }) => entries.reverse())],
      ['an image of another row', image(one => (one[1] = 'ab'.repeat(rowBytes)))],
      ['an image of no row', image(one => (one[0] = rowCount))],
      ['an image that is short', image(one => (one[1] = 'ab'))],
      ['a row twice', withRest(bytes => bytes.copyWithin(rowBytes, 0, rowBytes))],
      ['a label outside', withRest(bytes => bytes.fill(63, 5 * 4, 5 * 4 + 1))],
      ['a label with a capital', withRest(bytes => bytes.fill(0x41, 6 * 4, 6 * 4 + 1))],
      ['a label that is not padded', withRest(bytes => bytes.fill(0x61, 13 * 4, 14 * 4))],
      ['an unknown kind', withRest(bytes => bytes.fill(9, 5 * 4 + 1, 5 * 4 + 2))],
      ['an expiry past 2^48', withRest(bytes => bytes.fill(0xff, 0, 8))],
    ]
    for (const [why, bytes] of rows) {
      assert.throws(
        () => createRegistry(contracts).restore(bytes),
        error => isFault(error, 'state/broken'),
        why,
      )
    }
  })

  test('what is refused changes nothing', () => {
    const registry = filled()
    const before = toHex(concatBytes([...registry.checkpoint()]))
    assert.throws(() => registry.restore(fromHex('00')!))
    assert.equal(toHex(concatBytes([...registry.checkpoint()])), before)
  })
})
