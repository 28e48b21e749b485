import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Learned } from './learned.ts'
import { type ClientPrefix, parsePrefix, prefixText } from './subnet.ts'

const prefix = (text: string): ClientPrefix => parsePrefix(text)!
const learned = (options = {}): Learned<string> =>
  new Learned({ prefixesMax: 4, waitingMax: 3, freshMs: 1000, ...options })
const waiting = (table: Learned<string>): string[] => {
  const all: string[] = []
  for (let next = table.next(); next; next = table.next()) all.push(prefixText(next))
  return all
}

test('what is not known is asked for once, by its network, and counts when it comes', () => {
  const table = learned()
  const client = prefix('192.0.2.77/32')
  assert.deepEqual(table.find(client, 0), { spot: undefined, scopeBits: 0 })
  table.find(prefix('192.0.2.0/24'), 1)
  table.find(prefix('2001:db8:1:2::/64'), 1)
  assert.deepEqual(waiting(table), ['192.0.2.0/24', '2001:db8:1::/48'])
  table.learn(prefix('192.0.2.0/24'), 'west', 0)
  assert.deepEqual(table.find(client, 2), { spot: 'west', scopeBits: 24 })
  assert.deepEqual(table.find(prefix('192.0.3.0/24'), 2), { spot: undefined, scopeBits: 24 })
})

test('it is looked up again when it is no more fresh, counts until then, and goes when nobody knows it', () => {
  const table = learned()
  const client = prefix('192.0.2.0/24')
  table.find(client, 0)
  table.learn(table.next()!, 'west', 0)
  table.find(client, 999)
  assert.deepEqual(waiting(table), [])
  assert.equal(table.find(client, 1000).spot, 'west')
  table.learn(table.next()!, undefined, 0)
  assert.deepEqual(table.find(client, 1001), { spot: undefined, scopeBits: 0 })
})

test('too wide a prefix is not asked for, nor one that is not public', () => {
  const table = learned()
  for (const text of ['192.0.2.0/23', '0.0.0.0/0', '2001:db8::/47', '127.0.0.1/32', 'fd00::1/128'])
    table.find(prefix(text), 0)
  assert.deepEqual(waiting(table), [])
})

test('who makes up prefixes fills the queue and displaces nothing that is known', () => {
  const table = learned()
  table.learn(prefix('192.0.2.0/24'), 'west', 0)
  for (let i = 0; i < 100; i++) table.find(prefix(`9.0.${i}.0/24`), i)
  assert.equal(table.figures().waiting, 3)
  for (let i = 0; i < 100; i++) {
    table.find(prefix(`9.1.${i}.0/24`), i)
    const next = table.next()
    if (next) table.learn(next, undefined, 0)
  }
  assert.equal(table.find(prefix('192.0.2.0/24'), 100).spot, 'west')
})

test('the table is bounded, and what is in use stays', () => {
  const table = learned()
  table.learn(prefix('192.0.2.0/24'), 'west', 0)
  for (let i = 0; i < 50; i++) {
    table.find(prefix('192.0.2.0/24'), i)
    table.learn(prefix(`9.0.${i}.0/24`), 'east', 0)
    assert.ok(table.figures().known <= 4)
  }
  assert.equal(table.find(prefix('192.0.2.0/24'), 50).spot, 'west')
  assert.equal(table.find(prefix('9.0.0.0/24'), 50).spot, undefined)
})
