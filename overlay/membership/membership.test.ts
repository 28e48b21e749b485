import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { createVerify } from '../signature.ts'
import { testKey, testMember } from '../testing.ts'
import { type Accusation, sealAccusation } from './accusation.ts'
import { type Member, sealMember, type Update } from './member.ts'
import { Membership } from './membership.ts'
import { devnetTuning } from './options.ts'
import type { MembershipEffect } from './outbox.ts'
import { frameBytes, type Message, membersPerFrameMax, type ProbeFrame } from './wire.ts'

const verify = createVerify()
const own = testKey(0)

function machine(tuning = devnetTuning): Membership {
  const self = { id: own.id, host: '10.0.0.1', port: 7000, incarnation: 5 }
  return new Membership({ tuning, self, random: seededRandom(1), sign: own.sign, verify }, 0)
}

let stamp = 0
const frame = (sender: Member, updates: Update[] = [], sequence = 9) => ({
  ...{ sender, updates, sequence, stamp: ++stamp, to: { host: '10.0.0.1', port: 7000 } },
})
const bare = { coordinate: new Uint8Array(0), accusations: [] as Accusation[] }
const ping = (sender: Member, updates: Update[] = []): ProbeFrame => ({
  ...{ kind: 'ping', ...frame(sender, updates), ...bare },
})
const ack = (sender: Member, sequence: number): ProbeFrame => ({
  ...{ kind: 'ack', ...frame(sender, [], sequence), ...bare },
})
/** A machine that knows the members of these numbers. */
function acquainted(numbers: number[], tuning = devnetTuning): Membership {
  const subject = machine(tuning)
  subject.introduce(
    numbers.map(number => testMember(number)),
    0,
  )
  return subject
}
const sends = (effects: MembershipEffect[]) =>
  effects.flatMap(effect => (effect.do === 'send' ? [effect] : []))
const kinds = (effects: MembershipEffect[]) =>
  effects.flatMap(effect => (effect.do === 'tell' ? [effect.event.kind] : []))

const ids = (members: readonly Member[]): string[] => members.map(member => member.id).sort()

/** Wakes the subject whenever it wants until `untilAt`; what it told, and each ping as it was sent. */
function live(
  subject: Membership,
  untilAt: number,
  onPing: (to: number, sequence: number, now: number) => void,
) {
  const told: string[] = []
  for (let now = 0; now < untilAt; now = Math.max(now + 1, subject.wakeAt())) {
    const effects = subject.wake(now)
    told.push(...kinds(effects))
    for (const { to, message } of sends(effects))
      if (message.kind === 'ping') onPing(to.port - 7000, message.sequence, now)
  }
  return told
}

describe('who is admitted', () => {
  test('a newcomer that asks for members is asked in turn, and is in when it answers', () => {
    const subject = acquainted([1])
    const sync: Message = {
      ...{ kind: 'sync', ...frame(testMember(2)), after: '', room: membersPerFrameMax },
    }
    const effects = subject.receive(sync, testMember(2), 1)
    const [synced, asked] = sends(effects)
    assert.deepEqual([synced!.message.kind, asked!.message.kind], ['synced', 'ping'])
    assert.ok(frameBytes(synced!.message) + frameBytes(asked!.message) <= frameBytes(sync))
    assert.equal(subject.live().length, 1)
    const answer = ack(testMember(2), asked!.message.sequence)
    assert.deepEqual(kinds(subject.receive(answer, testMember(2), 2)), ['joined'])
    assert.deepEqual(ids(subject.live()), [testKey(1).id, testKey(2).id].sort())
  })

  test('a stranger is answered with no more than it sent, and nothing that it says is believed', () => {
    const subject = acquainted([1])
    const request = ping(testMember(2), [testMember(1, 7), testMember(3)])
    const effects = subject.receive(request, testMember(2), 1)
    assert.deepEqual(kinds(effects), ['refused'])
    const [reply] = sends(effects)
    assert.equal(reply!.message.kind, 'ack')
    assert.equal(reply!.message.sequence, 9)
    assert.ok(frameBytes(reply!.message) <= frameBytes(request))
    assert.deepEqual(ids(subject.members()), [testKey(1).id])
    assert.equal(subject.members()[0]!.incarnation, 1)
  })

  test('whom a member speaks for', () => {
    const subject = acquainted([1])
    assert.deepEqual(kinds(subject.receive(ping(testMember(1), [testMember(2)]), testMember(1), 1)), [
      'joined',
    ])
  })

  test('not a claim that its subject did not seal, nor what follows it on the frame', () => {
    const subject = acquainted([1])
    const forged = { ...testMember(2), incarnation: 99 }
    const effects = subject.receive(ping(testMember(1), [forged, testMember(3)]), testMember(1), 1)
    assert.deepEqual(kinds(effects), ['refused'])
    assert.deepEqual(ids(subject.live()), [testKey(1).id])
  })

  test('not beyond the bound, but a dead member gives way to a live one', () => {
    const subject = acquainted([1, 2, 3], {
      ...devnetTuning,
      membersMax: 3,
      suspicionAlpha: 0,
      isExtended: false,
    })
    const news = (member: Member) => kinds(subject.receive(ping(testMember(1), [member]), testMember(1), 5))
    assert.deepEqual(news(testMember(4)), ['refused'])
    assert.deepEqual(news(testMember(2, 1, 'dead')), ['failed'])
    assert.deepEqual(news(testMember(4)), ['joined'])
    assert.equal(subject.members().length, 3)
  })
})

describe('a recorded frame', () => {
  const old = ping(testMember(1), [testMember(2)])
  const rows: [what: string, play: (subject: Membership) => MembershipEffect[]][] = [
    [
      'sent twice',
      subject => {
        subject.receive(old, testMember(1), 1)
        return subject.receive(old, testMember(1), 2)
      },
    ],
    ['sent from elsewhere', subject => subject.receive(old, { host: '10.9.9.9', port: 7001 }, 1)],
    [
      'sent to another than it was for',
      subject => subject.receive({ ...old, to: { host: '10.0.0.1', port: 7999 } }, testMember(1), 1),
    ],
  ]
  for (const [what, play] of rows)
    test(`${what} is neither believed nor answered`, () => {
      const effects = play(acquainted([1]))
      assert.deepEqual(kinds(effects), ['refused'])
      assert.deepEqual(sends(effects), [])
    })

  test('of an earlier life, or from before this peer began, is a stranger’s', () => {
    const reborn = acquainted([])
    reborn.introduce([testMember(1, 5)], 0)
    assert.deepEqual(kinds(reborn.receive(old, testMember(1), 1)), ['refused'])
    const late = new Membership(
      {
        ...{ tuning: devnetTuning, random: seededRandom(1), sign: own.sign, verify },
        self: { id: own.id, host: '10.0.0.1', port: 7000, incarnation: 5 },
      },
      1e12,
    )
    late.introduce([testMember(1)], 1e12)
    assert.deepEqual(kinds(late.receive(old, testMember(1), 1e12)), ['refused'])
    assert.deepEqual(ids(late.members()), [testKey(1).id])
  })
})

describe('suspicion', () => {
  test('a death by hearsay is a suspicion, and the accused is asked before it is believed', () => {
    const subject = acquainted([1, 2])
    const effects = subject.receive(ping(testMember(1), [testMember(2, 1, 'dead')]), testMember(1), 2)
    assert.deepEqual(kinds(effects), ['suspected'])
    let asked = 0
    const told = live(subject, 6000, (to, sequence, now) => {
      if (to === 1) subject.receive(ack(testMember(1), sequence), testMember(1), now)
      else asked++
    })
    assert.deepEqual(told, ['failed'])
    assert.ok(asked > 0)
  })

  test('evidence from elsewhere has a member probed next, and counts once when it is suspected', () => {
    const subject = acquainted([1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.deepEqual(subject.blame(testKey(7).id, 0), [])
    let first: number | undefined
    live(subject, 500, to => (first ??= to))
    assert.equal(first, 7)
    subject.receive(
      ping(testMember(1), [{ ...testMember(2, 1, 'suspect'), accusers: [1] }]),
      testMember(1),
      400,
    )
    for (let i = 0; i < 2; i++) subject.blame(testKey(2).id, 400)
    assert.deepEqual(subject.blame(testKey(99).id, 400), [])
    assert.equal(subject.live().find(member => member.id === testKey(2).id)!.standing, 'suspect')
  })

  test('is objected to with the next incarnation, sealed; an earlier life is outbid, a forged one not', () => {
    const subject = acquainted([1])
    const accused = sealMember({ ...subject.self() }, own.sign)
    const hear = (claim: Member) => subject.receive(ping(testMember(1), [claim]), testMember(1), 1)
    const effects = hear({ ...accused, standing: 'dead' })
    assert.deepEqual(kinds(effects), ['refuted'])
    assert.equal(sends(effects)[0]!.message.sender.incarnation, 6)
    const earlier = sealMember({ ...subject.self(), incarnation: 40 }, own.sign)
    hear({ ...earlier, incarnation: 50 })
    assert.equal(subject.self().incarnation, 6)
    hear(earlier)
    assert.equal(subject.self().incarnation, 41)
  })
})

describe('the routing view', () => {
  const accusation = (accuser: number, incarnation = 1): Accusation =>
    sealAccusation({ id: testKey(9).id, incarnation, accuser: testKey(accuser).id }, testKey(accuser).sign)
  const said = (teller: number, accusations: Accusation[]): ProbeFrame => ({
    ...ping(testMember(teller)),
    accusations,
  })

  test('leaves out whom many members accuse, until they are silent', () => {
    const subject = acquainted([1, 2, 3, 4, 5, 6, 9])
    for (let i = 1; i <= 5; i++)
      assert.deepEqual(kinds(subject.receive(said(1, [accusation(i)]), testMember(1), 1)), [])
    assert.deepEqual(kinds(subject.receive(said(2, [accusation(6)]), testMember(2), 1)), ['damped'])
    assert.equal(subject.routable().length, 6)
    assert.equal(subject.live().length, 7)
    const told = live(subject, 120_000, (to, sequence, now) => {
      subject.receive(ack(testMember(to), sequence), testMember(to), now)
    })
    assert.deepEqual(
      told.filter(kind => kind !== 'sampled'),
      ['restored'],
    )
  })

  test('is not moved by one liar, nor by seals that are not good', () => {
    const subject = acquainted([1, 2, 9])
    for (let i = 0; i < 20; i++) subject.receive(said(1, [accusation(1), accusation(2)]), testMember(1), 1)
    assert.equal(subject.routable().length, 3)
    const forged = { ...accusation(2), incarnation: 2 }
    assert.deepEqual(kinds(subject.receive(said(1, [forged]), testMember(1), 1)), ['refused'])
    for (let i = 20; i < 30; i++)
      assert.deepEqual(kinds(subject.receive(said(1, [accusation(i)]), testMember(1), 1)), [])
  })
})

describe('coordinates', () => {
  test('ride on pings and acks, and a direct answer is a sample', () => {
    const subject = new Membership(
      {
        ...{ tuning: devnetTuning, random: seededRandom(1), sign: own.sign, verify },
        self: { id: own.id, host: '10.0.0.1', port: 7000, incarnation: 5 },
        coordinate: () => Uint8Array.of(4, 2),
      },
      0,
    )
    subject.introduce([testMember(1), testMember(2)], 0)
    const heard = subject.receive({ ...ping(testMember(1)), coordinate: Uint8Array.of(7) }, testMember(1), 5)
    assert.ok(heard.some(each => each.do === 'tell' && each.event.kind === 'placed'))
    const [asked] = sends(subject.sample(testKey(2).id, 10))
    assert.ok(asked!.message.kind === 'ping')
    assert.deepEqual([...asked!.message.coordinate], [4, 2])
    assert.deepEqual(subject.sample(testKey(1).id, 11), [])
    const answer = { ...ack(testMember(2), asked!.message.sequence), coordinate: Uint8Array.of(9) }
    const [sampled] = subject.receive(answer, testMember(2), 35)
    assert.ok(sampled?.do === 'tell' && sampled.event.kind === 'sampled')
    assert.deepEqual([sampled.event.rttMs, ...sampled.event.coordinate], [25, 9])
  })
})

describe('membership', () => {
  test('an answer that nobody asked for changes nothing', () => {
    const subject = machine()
    const [sync] = sends(subject.join([testMember(1)], 0))
    assert.equal(sync!.message.kind, 'sync')
    const reply = (sequence: number): Message => ({
      ...{ kind: 'synced', ...frame(testMember(1), [testMember(2)], sequence), more: true },
    })
    assert.deepEqual(sends(subject.receive(reply(sync!.message.sequence + 1), testMember(1), 1)), [])
    assert.equal(subject.live().length, 0)
    const [next] = sends(subject.receive(reply(sync!.message.sequence), testMember(1), 1))
    assert.ok(next!.message.kind === 'sync' && next!.message.after === testKey(2).id)
    assert.deepEqual(sends(subject.receive(reply(sync!.message.sequence), testMember(1), 1)), [])
  })

  test('a sync is answered within the room it brought', () => {
    const subject = acquainted(Array.from({ length: 20 }, (_, i) => i + 1))
    for (const room of [0, 1, membersPerFrameMax]) {
      const sync: Message = { kind: 'sync', ...frame(testMember(1)), after: '', room }
      const [reply] = sends(subject.receive(sync, testMember(1), 2))
      assert.ok(reply!.message.kind === 'synced' && reply!.message.more)
      assert.equal(reply!.message.updates.length, room)
    }
  })

  test('a helper says what came of it, also that nothing did', () => {
    const subject = acquainted([1, 2])
    const ask: Message = { kind: 'ask', ...frame(testMember(1), [], 77), target: testKey(2).id }
    const [asked] = sends(subject.receive(ask, testMember(1), 0))
    assert.deepEqual([asked!.to.port, asked!.message.kind], [7002, 'ping'])
    const late = sends(subject.wake(0.8 * devnetTuning.probeTimeoutMs)).find(({ to }) => to.port === 7001)
    assert.deepEqual([late!.message.kind, late!.message.sequence], ['nack', 77])
    const [vouch] = sends(subject.receive(ack(testMember(2), asked!.message.sequence), testMember(2), 110))
    assert.deepEqual([vouch!.message.kind, vouch!.message.sequence], ['vouch', 77])
  })

  test('says goodbye once and then is silent', () => {
    const subject = acquainted([1])
    const [goodbye] = sends(subject.leave())
    assert.equal(goodbye!.message.sender.standing, 'left')
    assert.deepEqual(subject.leave(), [])
    assert.deepEqual(subject.wake(10_000), [])
    assert.deepEqual(subject.receive(ping(testMember(1)), testMember(1), 10_000), [])
    assert.equal(subject.wakeAt(), Number.POSITIVE_INFINITY)
  })

  test('a process that froze waits for what lies unread before it judges, and measures nothing by it', () => {
    const subject = acquainted([1])
    let probe: { message: Message } | undefined
    for (let i = 0; !probe && i < 5; i++)
      probe = sends(subject.wake(subject.wakeAt())).find(({ message }) => message.kind === 'ping')
    const thawedAt = subject.wakeAt() + 10_000
    assert.deepEqual(kinds(subject.wake(thawedAt)), [])
    assert.ok(subject.wakeAt() > thawedAt)
    assert.deepEqual(
      kinds(subject.receive(ack(testMember(1), probe!.message.sequence), testMember(1), thawedAt)),
      [],
    )
    assert.deepEqual(kinds(subject.wake(subject.wakeAt())), [])
  })
})
