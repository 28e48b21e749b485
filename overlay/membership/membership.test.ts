import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { createVerify } from '../signature.ts'
import { testKey, testMember } from '../testing.ts'
import { type Member, sealMember } from './member.ts'
import { Membership, type MembershipEffect } from './membership.ts'
import { devnetTuning } from './options.ts'
import { type Message, membersPerFrameMax } from './wire.ts'

const verify = createVerify()
const own = testKey(0)

function machine(tuning = devnetTuning): Membership {
  const self = { id: own.id, host: '10.0.0.1', port: 7000, incarnation: 5 }
  return new Membership({ tuning, self, random: seededRandom(1), sign: own.sign, verify }, 0)
}

const ping = (sender: Member, updates: Member[] = []): Message => ({
  kind: 'ping',
  sender,
  sequence: 9,
  updates,
})
const sends = (effects: MembershipEffect[]) =>
  effects.flatMap(effect => (effect.do === 'send' ? [effect] : []))
const kinds = (effects: MembershipEffect[]) =>
  effects.flatMap(effect => (effect.do === 'tell' ? [effect.event.kind] : []))

describe('membership', () => {
  test('admits who speaks for itself, and answers with no more than it was sent', () => {
    const subject = machine()
    subject.receive(ping(testMember(1)), testMember(1), 1)
    const effects = subject.receive(ping(testMember(2)), testMember(2), 2)
    assert.deepEqual(kinds(effects), ['joined'])
    const [ack] = sends(effects)
    assert.equal(ack!.message.kind, 'ack')
    assert.equal(ack!.message.sequence, 9)
    assert.deepEqual(ack!.message.updates, [])
    assert.deepEqual(
      subject
        .live()
        .map(member => member.id)
        .sort(),
      [testKey(1).id, testKey(2).id].sort(),
    )
  })

  test('refuses a frame that does not come from where its sender says it is', () => {
    const subject = machine()
    const effects = subject.receive(ping(testMember(1)), { host: '10.9.9.9', port: 7001 }, 1)
    assert.deepEqual(effects, [{ do: 'tell', event: { kind: 'refused', reason: 'source' } }])
    assert.equal(subject.members().length, 0)
  })

  test('refuses a claim that its subject did not seal, and what follows it on the frame', () => {
    const subject = machine()
    const forged = { ...testMember(2), incarnation: 99 }
    const effects = subject.receive(ping(testMember(1), [forged, testMember(3)]), testMember(1), 1)
    assert.deepEqual(kinds(effects), ['joined', 'refused'])
    assert.deepEqual(
      subject.live().map(member => member.id),
      [testKey(1).id],
    )
  })

  test('takes a death by hearsay as a suspicion, and asks before it believes it', () => {
    const subject = machine()
    subject.receive(ping(testMember(1)), testMember(1), 1)
    subject.receive(ping(testMember(2)), testMember(2), 1)
    const effects = subject.receive(ping(testMember(1), [testMember(2, 1, 'dead')]), testMember(1), 2)
    assert.deepEqual(kinds(effects), ['suspected'])
    const told: string[] = []
    let isAsked = false
    for (let now = 0; now < 5000; now = Math.max(now + 1, subject.wakeAt())) {
      const woken = subject.wake(now)
      told.push(...kinds(woken))
      isAsked ||= sends(woken).some(
        ({ to, message }) => to.port === 7002 && message.updates[0]?.standing === 'suspect',
      )
      const probed = sends(woken).find(({ to, message }) => to.port === 7001 && message.kind === 'ping')
      if (probed) {
        const ack: Message = {
          kind: 'ack',
          sender: testMember(1),
          sequence: probed.message.sequence,
          updates: [],
        }
        subject.receive(ack, testMember(1), now)
      }
    }
    assert.ok(isAsked)
    assert.deepEqual(told, ['failed'])
  })

  test('objects to an accusation with the next incarnation, sealed', () => {
    const subject = machine()
    const accused = sealMember({ ...subject.self() }, own.sign)
    const effects = subject.receive(ping(testMember(1), [{ ...accused, standing: 'dead' }]), testMember(1), 1)
    assert.deepEqual(kinds(effects), ['joined', 'refuted'])
    assert.equal(subject.self().incarnation, 6)
    assert.equal(sends(effects)[0]!.message.sender.incarnation, 6)
  })

  test('outbids its own earlier life, but not a forged one', () => {
    const subject = machine()
    const earlier = sealMember({ ...subject.self(), incarnation: 40 }, own.sign)
    subject.receive(ping(testMember(1), [{ ...earlier, incarnation: 50 }]), testMember(1), 1)
    assert.equal(subject.self().incarnation, 5)
    subject.receive(ping(testMember(1), [earlier]), testMember(1), 1)
    assert.equal(subject.self().incarnation, 41)
  })

  test('an answer that nobody asked for changes nothing', () => {
    const subject = machine()
    const [sync] = sends(subject.join([testMember(1)], 0))
    assert.equal(sync!.message.kind, 'sync')
    const reply = (sequence: number): Message => ({
      ...{ kind: 'synced', sender: testMember(1), sequence, updates: [testMember(2)], more: true },
    })
    assert.deepEqual(sends(subject.receive(reply(sync!.message.sequence + 1), testMember(1), 1)), [])
    const [next] = sends(subject.receive(reply(sync!.message.sequence), testMember(1), 1))
    assert.ok(next!.message.kind === 'sync' && next!.message.after === testKey(2).id)
    assert.deepEqual(sends(subject.receive(reply(sync!.message.sequence), testMember(1), 1)), [])
  })

  test('keeps within its bound, and lets a dead member go for a live one', () => {
    const subject = machine({ ...devnetTuning, membersMax: 3, suspicionFactor: 0 })
    for (const i of [1, 2, 3]) subject.receive(ping(testMember(i)), testMember(i), i)
    assert.deepEqual(kinds(subject.receive(ping(testMember(4)), testMember(4), 4)), ['refused'])
    subject.receive(ping(testMember(1), [testMember(2, 1, 'dead')]), testMember(1), 5)
    assert.deepEqual(kinds(subject.receive(ping(testMember(4)), testMember(4), 6)), ['joined'])
    assert.equal(subject.members().length, 3)
  })

  test('a sync is answered within the room it brought', () => {
    const subject = machine()
    for (let i = 1; i <= 20; i++) subject.receive(ping(testMember(i)), testMember(i), 1)
    for (const room of [0, 1, membersPerFrameMax]) {
      const sync: Message = {
        kind: 'sync',
        sender: testMember(30),
        sequence: 1,
        updates: [],
        after: '',
        room,
      }
      const [reply] = sends(subject.receive(sync, testMember(30), 2))
      assert.ok(reply!.message.kind === 'synced' && reply!.message.more)
      assert.equal(reply!.message.updates.length, room)
    }
  })

  test('says goodbye once and then is silent', () => {
    const subject = machine()
    subject.receive(ping(testMember(1)), testMember(1), 1)
    const [goodbye] = sends(subject.leave())
    assert.equal(goodbye!.message.sender.standing, 'left')
    assert.deepEqual(subject.leave(), [])
    assert.deepEqual(subject.wake(10_000), [])
    assert.deepEqual(subject.receive(ping(testMember(2)), testMember(2), 10_000), [])
    assert.equal(subject.wakeAt(), Number.POSITIVE_INFINITY)
  })

  test('a process that froze waits for what lies unread before it judges', () => {
    const subject = machine()
    subject.receive(ping(testMember(1)), testMember(1), 0)
    let probe = sends(subject.wake(subject.wakeAt())).find(({ message }) => message.kind === 'ping')
    for (let i = 0; !probe && i < 5; i++)
      probe = sends(subject.wake(subject.wakeAt())).find(({ message }) => message.kind === 'ping')
    const thawedAt = subject.wakeAt() + 10_000
    assert.deepEqual(kinds(subject.wake(thawedAt)), [])
    assert.ok(subject.wakeAt() > thawedAt)
    const ack: Message = {
      kind: 'ack',
      sender: testMember(1),
      sequence: probe!.message.sequence,
      updates: [],
    }
    subject.receive(ack, testMember(1), thawedAt)
    assert.deepEqual(kinds(subject.wake(subject.wakeAt())), [])
  })
})
