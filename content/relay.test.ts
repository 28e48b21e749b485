import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { utf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import { cidOf, formatCid, rawCodec } from './identifier.ts'
import { createRelay } from './relay.ts'

const cids = ['a', 'b', 'c', 'd'].map(text => cidOf(rawCodec, utf8(text)))
const [a, b, c, here] = cids as [CID, CID, CID, CID]

function world() {
  const meter = createMeter()
  const under = new Map<string, { resolve(bytes: Uint8Array): void; reject(error: unknown): void }>()
  const get = (cid: CID, { signal }: { signal?: AbortSignal } = {}): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      under.set(formatCid(cid), { resolve, reject })
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  const local = async (cid: CID): Promise<Uint8Array | undefined> => (cid === here ? utf8('d') : undefined)
  const relay = createRelay({ blocks: { get, local }, askedMax: 2, meter })
  const settle = (cid: CID) => under.get(formatCid(cid))!
  return { relay, meter, settle }
}

const asker = (client: string, signal = new AbortController().signal) => ({ client, signal })

test('no asker has more under way than it may, and none takes the place of another', async () => {
  const { relay, meter, settle } = world()
  const first = relay(a, a, asker('one'))
  const second = relay(b, a, asker('one'))
  assert.equal(await relay(c, a, asker('one')), undefined)
  assert.deepEqual(await relay(here, a, asker('one')), utf8('d'), 'what is here costs nothing')
  assert.equal(meter.read()['relay.refused'], 1)
  const other = relay(c, a, asker('two'))
  // Its look at what is here comes first.
  await new Promise(setImmediate)
  settle(c).resolve(utf8('c'))
  assert.deepEqual(await other, utf8('c'))
  settle(a).reject(new Fault('content/missing', 'nobody has it'))
  assert.equal(await first, undefined)
  const third = relay(c, a, asker('one'))
  await new Promise(setImmediate)
  settle(b).resolve(utf8('b'))
  settle(c).resolve(utf8('c'))
  assert.deepEqual(await Promise.all([second, third]), [utf8('b'), utf8('c')])
})

test('who left is fetched for no more, and its place is free', async () => {
  const { relay, settle } = world()
  const leaving = new AbortController()
  const both = [relay(a, a, asker('one', leaving.signal)), relay(b, a, asker('one', leaving.signal))]
  await new Promise(setImmediate)
  leaving.abort(new Error('left'))
  for (const one of both) await assert.rejects(one, /left/)
  const next = relay(c, a, asker('one'))
  await new Promise(setImmediate)
  settle(c).resolve(utf8('c'))
  assert.deepEqual(await next, utf8('c'))
})
