import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { rendezvous } from '../../base/hash.ts'
import { createVerify } from '../signature.ts'
import { testClock, testKey } from '../testing.ts'
import type { Records } from './records.ts'
import { createReplicated } from './replicated.ts'
import { Shelf } from './shelf.ts'

type Handler = (from: string, body: Uint8Array) => Promise<Uint8Array>
type Node = {
  id: string
  records: Records
  shelf: Shelf
  handlers: Map<string, Handler>
  incarnation: number
}

/** Peers that call each other through a table; `down` do not answer, `silent` do not even fail before the timeout. */
function village(count: number) {
  const clock = testClock()
  const verify = createVerify()
  const down = new Set<string>()
  const silent = new Set<string>()
  const nodes = new Map<string, Node>()
  const live = new Set<string>()
  const add = (number: number): Node => {
    const { id, sign } = testKey(number)
    const handlers = new Map<string, Handler>()
    const shelf = new Shelf({
      recordsMax: 100,
      perPublisherMax: 50,
      perKeyMax: 50,
      lifeMsMax: 100_000,
      verify,
    })
    const members = () =>
      [...live]
        .filter(other => other !== id)
        .map(other => ({ id: other, host: '10.0.0.1', port: 1, incarnation: nodes.get(other)!.incarnation }))
    const records = createReplicated({
      ...{ self: id, members, shelf, sign, verify, clock },
      handle: (method, handler) => void handlers.set(method, handler),
      async call(to, method, body, timeoutMs) {
        if (silent.has(to.id)) await new Promise<void>(resolve => clock.after(timeoutMs, resolve))
        if (down.has(to.id) || silent.has(to.id)) throw new Fault('net/unreachable', 'down')
        return nodes.get(to.id)!.handlers.get(method)!(id, body)
      },
    })
    const node = { id, records, shelf, handlers, incarnation: (nodes.get(id)?.incarnation ?? 0) + 1 }
    nodes.set(id, node)
    live.add(id)
    return node
  }
  const list = Array.from({ length: count }, (_, i) => add(i + 1))
  const homes = (key: string): string[] => rendezvous(key, [...live], 3)
  return { clock, down, silent, live, list, add, homes, nodes }
}

const valuesOf = (records: { value: Uint8Array }[]): string[] =>
  records.map(r => Buffer.from(r.value).toString())

describe('replicated records', () => {
  test('what one publishes all can read, from three homes', async () => {
    const { list, homes } = village(6)
    assert.equal(await list[0]!.records.publish('holder/x', utf8('one'), 10_000), 3)
    assert.equal(await list[1]!.records.publish('holder/x', utf8('two'), 10_000), 3)
    for (const node of list)
      assert.deepEqual(valuesOf(await node.records.get('holder/x')).sort(), ['one', 'two'])
    const keepers = list.filter(node => node.shelf.size === 2).map(node => node.id)
    assert.deepEqual(keepers.sort(), homes('holder/x').sort())
    for (const node of list) node.records.close()
  })

  test('a silent home costs a reader only the grace, and readers with nothing to find the timeout', async () => {
    const { list, homes, silent, clock, nodes } = village(6)
    await list[0]!.records.publish('holder/x', utf8('one'), 10_000)
    silent.add(homes('holder/x')[0]!)
    const reader = [...nodes.values()].find(node => !homes('holder/x').includes(node.id))!
    const startAt = clock.now()
    let found: string[] | undefined
    let tookMs = 0
    void reader.records.get('holder/x').then(records => {
      found = valuesOf(records)
      tookMs = clock.now() - startAt
    })
    await clock.advance(100)
    assert.deepEqual(found, ['one'])
    assert.equal(tookMs, 30)
    for (const id of nodes.keys()) silent.add(id)
    let nothing: unknown[] | undefined
    void reader.records.get('holder/x').then(records => (nothing = records))
    await clock.advance(1000)
    assert.deepEqual(nothing, [])
  })

  test('a withdrawal wins over copies that a home missed it with', async () => {
    const { list, homes, down } = village(6)
    await list[0]!.records.publish('holder/x', utf8('one'), 10_000)
    const missed = homes('holder/x').find(id => id !== list[0]!.id)!
    down.add(missed)
    await list[0]!.records.withdraw('holder/x')
    down.clear()
    for (const node of list) assert.deepEqual(await node.records.get('holder/x'), [])
  })

  test('a publisher says it again at half life, and after its death it fades', async () => {
    const { list, clock } = village(5)
    await list[0]!.records.publish('holder/x', utf8('one'), 10_000)
    await clock.advance(30_000)
    assert.deepEqual(valuesOf(await list[4]!.records.get('holder/x')), ['one'])
    list[0]!.records.close()
    await clock.advance(10_000)
    assert.deepEqual(await list[4]!.records.get('holder/x'), [])
  })

  test('a new home, and one that restarted with nothing, is told', async () => {
    const { list, homes, live, clock, add, nodes } = village(6)
    await list[0]!.records.publish('holder/x', utf8('one'), 60_000)
    const gone = homes('holder/x').find(id => id !== list[0]!.id)!
    live.delete(gone)
    list[0]!.records.membersChanged()
    await clock.advance(100)
    for (const id of homes('holder/x')) assert.equal(nodes.get(id)!.shelf.size, 1)
    const number = [1, 2, 3, 4, 5, 6].find(i => testKey(i).id === gone)!
    add(number)
    assert.equal(nodes.get(gone)!.shelf.size, 0)
    list[0]!.records.membersChanged()
    await clock.advance(100)
    assert.equal(nodes.get(gone)!.shelf.size, 1)
  })

  test('a home that refuses or lies adds nothing', async () => {
    const { list, homes, nodes } = village(6)
    await list[0]!.records.publish('holder/x', utf8('one'), 10_000)
    const [first, second] = homes('holder/x')
    nodes.get(first!)!.handlers.set('records/get', async () => Uint8Array.of(255, 255, 1))
    nodes.get(second!)!.handlers.set('records/put', async () => new Uint8Array(0))
    const reader = list.find(node => !homes('holder/x').includes(node.id))!
    assert.deepEqual(valuesOf(await reader.records.get('holder/x')), ['one'])
    assert.equal(
      await list[0]!.records.publish('holder/x', utf8('two'), 10_000),
      second === list[0]!.id ? 3 : 2,
    )
    assert.deepEqual(await reader.records.get('no such key'), [])
  })
})
