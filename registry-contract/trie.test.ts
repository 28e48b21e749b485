import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMerkleProof, createMPT } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { toHex, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { integerBelow, seededRandom } from '../base/random.ts'
import { emptyRoot, requireExact, walkTrie } from './trie.ts'

const keys = Array.from({ length: 300 }, (_, i) => utf8(`key ${i}`))
const valueAt = (key: Uint8Array): Uint8Array => keccak_256(key).subarray(0, 20)

async function grown() {
  const trie = await createMPT({ useKeyHashing: true })
  for (const key of keys) await trie.put(key, valueAt(key))
  const root = `0x${toHex(trie.root())}`
  return { root, pathTo: (key: Uint8Array) => createMerkleProof(trie, key) }
}

describe('trie', () => {
  test('every key that is there is shown, every other is shown not to be', async () => {
    const { root, pathTo } = await grown()
    for (const [i, key] of [...keys, ...keys.map(key => utf8(`no ${toHex(key)}`))].entries()) {
      const walk = walkTrie('Test', root)
      const path = await pathTo(key)
      walk.add(path)
      assert.deepEqual(await walk.get(key), i < keys.length ? valueAt(key) : undefined)
      requireExact('Test', walk, path)
    }
  })

  test('without one of its nodes a path shows nothing, neither presence nor absence', async () => {
    const { root, pathTo } = await grown()
    for (const key of [keys[0]!, keys[99]!, utf8('absent'), utf8('none')]) {
      const path = await pathTo(key)
      for (const missing of path.keys()) {
        const walk = walkTrie('Test', root)
        walk.add(path.toSpliced(missing, 1))
        await assert.rejects(walk.get(key), error => isFault(error, 'proof/invalid'))
      }
    }
  })

  test('nodes in excess, twice there or in another order are no proof', async () => {
    const { root, pathTo } = await grown()
    const [a, b] = [await pathTo(keys[1]!), await pathTo(keys[2]!)]
    const rows: [why: string, nodes: Uint8Array[]][] = [
      ['in excess', [...a, b.at(-1)!]],
      ['twice', [...a, a[0]!]],
      ['in another order', a.toReversed()],
    ]
    for (const [why, nodes] of rows) {
      const walk = walkTrie('Test', root)
      walk.add(nodes)
      await walk.get(keys[1]!)
      assert.throws(
        () => requireExact('Test', walk, nodes),
        error => isFault(error, 'proof/invalid'),
        why,
      )
    }
  })

  test('an empty trie has nothing and takes nothing', async () => {
    const walk = walkTrie('Test', emptyRoot)
    assert.equal(await walk.get(keys[0]!), undefined)
    requireExact('Test', walk, [])
  })

  test('whoever chooses the root too gets a value, an absence or a Fault, and nothing breaks', async () => {
    const random = seededRandom(7)
    const piece = (depth: number): unknown => {
      const kind = integerBelow(random, depth > 3 ? 2 : 5)
      if (kind === 0) return new Uint8Array(integerBelow(random, 40)).fill(integerBelow(random, 256))
      if (kind === 1) return new Uint8Array(0)
      return Array.from({ length: [2, 17, 3][kind - 2]! }, () => piece(depth + 1))
    }
    let faults = 0
    const seen: unknown[] = []
    const note = (error: unknown): void => void seen.push(error)
    process.on('unhandledRejection', note)
    for (let i = 0; i < 600; i++) {
      const node = RLP.encode(piece(0) as Uint8Array[])
      const walk = walkTrie('Test', `0x${toHex(keccak_256(node))}`)
      walk.add([node])
      await walk.get(keys[i % keys.length]!).catch(error => {
        assert(isFault(error, 'proof/invalid'), String(error))
        faults++
      })
    }
    // A rejection that nobody handles is told after the microtasks of the turn.
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    assert.deepEqual(seen, [])
    assert(faults > 200)
  })
})
