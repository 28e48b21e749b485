import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { callBytesMax } from '../call-frame.ts'
import { createReplicated } from '../records/replicated.ts'
import { Shelf } from '../records/shelf.ts'
import { createVerify } from '../signature.ts'
import { type Calls, type Contact, openCalls } from './calls.ts'
import { type Host, openHost } from './host.ts'
import type { Identity } from './identity.ts'
import { eventually, freshIdentity } from './testing.ts'

type Peer = { identity: Identity; host: Host; calls: Calls; contact: Contact & { incarnation: number } }

async function openPeer(identity: Identity, port = 0): Promise<Peer> {
  const host = await openHost({ identity, host: '127.0.0.1', port })
  const calls = await openCalls({
    node: host.node,
    clock: realClock,
    meter: createMeter(),
    callsPerPeerMax: 8,
    handlerTimeoutMs: 300,
  })
  calls.handle('echo', async (from, body) => utf8(`${from.slice(-4)}:${fromUtf8(body)}`))
  calls.handle('large', async () => new Uint8Array(callBytesMax - 5))
  calls.handle('never', () => new Promise(() => {}))
  calls.handle('fault', async () => {
    throw new Fault('bytes/malformed', 'not like this')
  })
  calls.handle('bug', async () => {
    throw new TypeError('secret')
  })
  return { identity, host, calls, contact: { id: identity.id, incarnation: 1, ...host.address } }
}

async function closePeer(peer: Peer): Promise<void> {
  await peer.calls.close()
  await peer.host.close()
}

describe('calls over libp2p', () => {
  let peers: Peer[] = []
  before(async () => {
    peers = await Promise.all([1, 2, 3].map(async () => openPeer(await freshIdentity())))
  })
  after(() => Promise.all(peers.map(closePeer)))

  test('a call is answered, and the callee knows by whose key it was made', async () => {
    const [a, b] = peers as [Peer, Peer]
    const bodies = await Promise.all(
      [1, 2, 3, 4, 5].map(i => a.calls.call(b.contact, 'echo', utf8(`hello ${i}`), 5000)),
    )
    assert.deepEqual(
      bodies.map(fromUtf8),
      [1, 2, 3, 4, 5].map(i => `${a.identity.id.slice(-4)}:hello ${i}`),
    )
    assert.equal((await b.calls.call(a.contact, 'large', new Uint8Array(0), 5000)).length, callBytesMax - 5)
  })

  const refusals: [method: string, reason: RegExp][] = [
    ['fault', /it refused: not like this/],
    ['bug', /it refused: internal/],
    ['nobody-has-this', /it refused: no such method/],
    ['never', /no answer in 50 ms/],
  ]
  for (const [method, reason] of refusals)
    test(`${method}: ${reason.source}`, async () => {
      const [a, b] = peers as [Peer, Peer]
      await assert.rejects(
        a.calls.call(b.contact, method, new Uint8Array(0), method === 'never' ? 50 : 5000),
        error => isFault(error, 'net/unreachable') && reason.test(error.message),
      )
    })

  test('too many under way are refused at once, and a large body before it is sent', async () => {
    const [a, b] = peers as [Peer, Peer]
    const waiting = Array.from({ length: 8 }, () => a.calls.call(b.contact, 'never', new Uint8Array(0), 200))
    await assert.rejects(a.calls.call(b.contact, 'echo', utf8('x'), 5000), /too many calls under way/)
    for (const result of await Promise.allSettled(waiting)) assert.equal(result.status, 'rejected')
    await eventually('the handlers that hung have given up their places', () =>
      a.calls.call(b.contact, 'echo', utf8('x'), 5000).then(
        () => true,
        () => false,
      ),
    )
    const large = new Uint8Array(callBytesMax)
    await assert.rejects(a.calls.call(b.contact, 'echo', large, 5000), error =>
      isFault(error, 'bytes/too-large'),
    )
  })

  test('another key at the same address is not called', async () => {
    const [a, b, c] = peers as [Peer, Peer, Peer]
    const wrong = { ...b.contact, port: c.contact.port, id: (await freshIdentity()).id }
    await assert.rejects(a.calls.call(wrong, 'echo', utf8('x'), 5000), error =>
      isFault(error, 'net/unreachable'),
    )
  })

  test('a callee that stops fails what is under way, and is dialled again when it is back', async () => {
    const [a] = peers as [Peer]
    const identity = await freshIdentity()
    const first = await openPeer(identity)
    const under = a.calls.call(first.contact, 'never', new Uint8Array(0), 20_000)
    const failed = assert.rejects(under, error => isFault(error, 'net/unreachable'))
    await a.calls.call(first.contact, 'echo', utf8('x'), 5000)
    await closePeer(first)
    await failed
    await assert.rejects(a.calls.call(first.contact, 'echo', utf8('x'), 2000), error => isFault(error))
    const second = await openPeer(identity, first.contact.port)
    assert.match(fromUtf8(await a.calls.call(second.contact, 'echo', utf8('back'), 5000))!, /back$/)
    await closePeer(second)
  })

  test('records published by one are read by all three, and withdrawn', async () => {
    const verify = createVerify()
    const records = peers.map(({ identity, calls }) =>
      createReplicated({
        ...{ self: identity.id, sign: identity.sign, verify, clock: realClock },
        members: () => peers.filter(peer => peer.identity !== identity).map(peer => peer.contact),
        shelf: new Shelf({ recordsMax: 9, perPublisherMax: 9, perKeyMax: 9, lifeMsMax: 60_000, verify }),
        ...{ call: calls.call, handle: calls.handle },
      }),
    )
    assert.equal(await records[0]!.publish('holder/x', utf8('here'), 30_000), 3)
    for (const each of records) {
      const [found] = await each.get('holder/x')
      assert.equal(found!.publisher, peers[0]!.identity.id)
    }
    assert.equal(await records[0]!.withdraw('holder/x'), 3)
    for (const each of records) assert.deepEqual(await each.get('holder/x'), [])
    for (const each of records) each.close()
  })

  test('a port that is taken is a Fault, and nothing is left behind', async () => {
    const [a] = peers as [Peer]
    const identity = await freshIdentity()
    await assert.rejects(openHost({ identity, host: '127.0.0.1', port: a.contact.port }), error =>
      isFault(error, 'net/port-taken'),
    )
    await eventually('a still answers', () => a.host.node.status === 'started')
  })
})
