import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { createMeter, type Meter } from '../../base/meter.ts'
import { streamFrameBytesMax } from '../frames.ts'
import type { Effect, Machine } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import { type Host, openHost } from './host.ts'
import type { Contact } from './lines.ts'
import { openStreamDriver, type StreamDriver } from './stream-driver.ts'
import { eventually, freshIdentity } from './testing.ts'

/** Answers each text but an answer, tells what it hears, and wakes once. */
class Echo implements Machine<string, string> {
  wokeAt = 0
  readonly #dueAt: number

  constructor(dueAt: number) {
    this.#dueAt = dueAt
  }

  receive(message: string, from: PeerId): Effect<string, string>[] {
    const answer: Effect<string, string>[] = message.startsWith('re:')
      ? []
      : [{ do: 'send', to: from, message: `re:${message}` }]
    return [...answer, { do: 'tell', event: message }]
  }

  wake(now: number): Effect<string, string>[] {
    this.wokeAt = now
    return []
  }

  wakeAt(): number {
    return this.wokeAt > 0 ? Number.POSITIVE_INFINITY : this.#dueAt
  }
}

type Peer = {
  host: Host
  contact: Contact
  driver: StreamDriver<string, string>
  machine: Echo
  heard: string[]
  meter: Meter
  lost: PeerId[]
  disk: { settled: Promise<void> | undefined }
}

const protocol = '/inxt/test/1'
const contacts = new Map<PeerId, Contact>()
const codec = {
  encode: (text: string) => utf8(text),
  decode(bytes: Uint8Array): string {
    const text = fromUtf8(bytes)
    if (text === undefined || text === 'malformed') throw new Fault('bytes/malformed', 'a text')
    return text
  },
}

async function openPeer(framesPerSecondMax?: number): Promise<Peer> {
  const identity = await freshIdentity()
  const host = await openHost({ identity, host: '127.0.0.1', port: 0 })
  const contact = { id: identity.id, ...host.address }
  contacts.set(contact.id, contact)
  const heard: string[] = []
  const meter = createMeter()
  const machine = new Echo(realClock.now() + 20)
  const lost: PeerId[] = []
  const disk: Peer['disk'] = { settled: undefined }
  const driver = await openStreamDriver<string, string>({
    ...{ node: host.node, protocol, machine, codec, clock: realClock, meter },
    tell: event => void heard.push(event),
    contactOf: id => contacts.get(id),
    vet: message => (message === 'a lie' ? Promise.resolve(undefined) : message),
    settled: () => disk.settled,
    lost(peer) {
      lost.push(peer)
      return []
    },
    ...(framesPerSecondMax === undefined ? {} : { framesPerSecondMax }),
  })
  return { host, contact, driver, machine, heard, meter, lost, disk }
}

function say(from: Peer, to: PeerId, ...messages: string[]): void {
  from.driver.run(messages.map(message => ({ do: 'send', to, message })))
}

describe('a machine over libp2p streams', () => {
  let peers: Peer[] = []
  let a: Peer
  let b: Peer
  before(async () => {
    peers = [await openPeer(), await openPeer(), await openPeer(5)]
    ;[a, b] = peers as [Peer, Peer]
  })
  after(async () => {
    for (const { driver, host } of peers) {
      await driver.close()
      await host.close()
    }
  })

  test('frames are heard in order and answered, and a timer wakes the machine', async () => {
    say(a, b.contact.id, '1', '2', '3')
    await eventually('three answers', () => a.heard.length === 3)
    assert.deepEqual(b.heard, ['1', '2', '3'])
    assert.deepEqual(a.heard, ['re:1', 're:2', 're:3'])
    await eventually('both woke', () => a.machine.wokeAt > 0 && b.machine.wokeAt > 0)
  })

  test('what does not pass the vetting, or no codec, is not heard', async () => {
    say(a, b.contact.id, 'a lie', 'malformed', 'a truth')
    await eventually('the truth is heard', () => b.heard.includes('a truth'))
    assert.ok(!b.heard.includes('a lie'))
    assert.equal(b.meter.read()['overlay.frames.refused.bytes/malformed'], 1)
  })

  test('effects wait until what came before them is on disk', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    b.disk.settled = promise
    const heardBefore = b.meter.read()['overlay.lines.heard']!
    say(a, b.contact.id, 'keep this')
    await eventually('b has it', () => b.meter.read()['overlay.lines.heard'] === heardBefore + 1)
    b.disk.settled = undefined
    say(a, b.contact.id, 'and this')
    await eventually('the later one is answered', () => a.heard.includes('re:and this'))
    assert.ok(!a.heard.includes('re:keep this') && !b.heard.includes('keep this'))
    resolve()
    await eventually('the earlier one too', () => a.heard.includes('re:keep this'))
  })

  test('frames to nobody and to who cannot be dialled are counted and gone', async () => {
    const gone: Contact = { id: (await freshIdentity()).id, host: '127.0.0.1', port: a.contact.port }
    say(b, gone.id, 'hello?')
    assert.equal(b.meter.read()['overlay.lines.nowhere'], 1)
    contacts.set(gone.id, gone) // another key answers there
    say(b, gone.id, 'hello?')
    await eventually('it is given up', () => b.meter.read()['overlay.lines.unsent'] === 1)
    assert.deepEqual(b.lost, [gone.id])
  })

  test('who talks too much is not listened to for the rest of the second', async () => {
    const c = peers[2]!
    say(a, c.contact.id, ...Array.from({ length: 30 }, (_, i) => `${i}`))
    await eventually('most are dropped', () => (c.meter.read()['overlay.lines.over-budget'] ?? 0) >= 20)
    assert.ok(c.heard.length >= 5 && c.heard.length <= 10)
  })

  test('a frame over the bound ends its stream and nothing else', async () => {
    const to = b.contact
    const stream = await a.host.node.dialProtocol(
      multiaddr(`/ip4/${to.host}/tcp/${to.port}/p2p/${to.id}`),
      protocol,
    )
    const head = new Uint8Array(4)
    new DataView(head.buffer).setUint32(0, streamFrameBytesMax + 1)
    stream.send(head)
    await eventually('it is ended', () => b.meter.read()['overlay.lines.malformed'] === 1)
    say(a, b.contact.id, 'still there?')
    await eventually('it is', () => a.heard.includes('re:still there?'))
  })
})
