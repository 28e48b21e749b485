import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createVerify, type Verify } from '../signature.ts'
import { testKey } from '../testing.ts'
import { Marks } from './marks.ts'
import { type Record, signRecord } from './record.ts'
import { spaces } from './spaces.ts'
import { encodeAddress, encodeCertificate, encodeClient, encodeHolder, encodeTrust } from './values.ts'
import { admit, type Proven, Vetting } from './vetting.ts'

const now = 1_000_000
const dayMs = 86_400_000
const here = testKey(1)
const there = testKey(2)
const address = encodeAddress({ host: '10.0.0.1', port: 4000 })
const holding = encodeHolder({ holder: here.id, isComplete: true })
const client = encodeClient({ prefix: '0000101011', rttMs: 5, coordinate: Uint8Array.of(7) })
const text = (value: string): Uint8Array => Buffer.from(value)

function say(key: string, value: Uint8Array, lifeMs = 1000, by = here): Record {
  return signRecord({ key, value, publisher: by.id, sequence: 1, expiresAt: now + lifeMs }, by.sign)
}

/** Values `proof <height>` are proved, `wait <height>` after a while; `later` is of a block not known yet. */
function proves({ value }: Record): Proven | Promise<Proven> {
  const [word, height] = Buffer.from(value).toString().split(' ')
  const proven = { height: Number(height), owner: '0xowner' }
  if (word === 'wait') return Promise.resolve(proven)
  return word === 'proof' ? proven : word === 'later' ? undefined : false
}

function vetting(verify: Verify = createVerify()): Vetting {
  return new Vetting({ verify, proves, isVouched: publisher => publisher === there.id })
}

const rows: [what: string, record: Record, outcome: string][] = [
  ['a holder speaks of itself', say('holder/bafy', holding), '0'],
  [
    'a holder that the chain knows',
    say('holder/bafy', encodeHolder({ holder: there.id, isComplete: false }), 1, there),
    '1',
  ],
  ['somebody else names a holder', say('holder/bafy', holding, 1000, there), 'not-its-own'],
  ['a holder without form', say('holder/bafy', text('complete')), 'malformed'],
  ['a withdrawal', say('holder/bafy', new Uint8Array(0)), '0'],
  ['a certificate that is held', say('certificate/www.a.example', encodeCertificate('')), '0'],
  ['a certificate without form', say('certificate/www.a.example', text('x')), 'malformed'],
  ['a certificate for no domain', say('certificate/example', encodeCertificate('')), 'malformed'],
  ['a client map entry in its prefix', say('client/4/00001010', client), '0'],
  ['a client map entry out of its prefix', say('client/4/00001011', client), 'out-of-prefix'],
  ['an entry wider than its prefix', say('client/4/00001010111', client), 'out-of-prefix'],
  ['a name with its proof', say('name/inxt/mysite', text('proof 12')), '12'],
  ['a name whose proof takes a while', say('name/inxt/mysite', text('wait 13')), '13'],
  ['a name without a proof', say('name/inxt/mysite', text('no')), 'unproved'],
  ['a name of a block that is not known', say('name/inxt/mysite', text('later')), 'unjudged'],
  ['a name withdrawn by anybody', say('name/inxt/mysite', new Uint8Array(0)), 'malformed'],
  ['a name with a capital', say('name/inxt/Mysite', text('proof 12')), 'malformed'],
  ['a peer where it listens', say(`peer/${here.id}`, address), '0'],
  ['a peer that says where another listens', say(`peer/${here.id}`, address, 1000, there), 'not-its-own'],
  ['a peer that withdraws another', say(`peer/${here.id}`, new Uint8Array(0), 1000, there), 'not-its-own'],
  ['a service', say('service/dns/example.org', address), '0'],
  ['a service without form', say('service/dns/example.org', text('x')), 'malformed'],
  ['trust in another', say(`trust/${there.id}`, encodeTrust(0.5)), '0'],
  ['trust in oneself', say(`trust/${here.id}`, encodeTrust(1)), 'not-its-own'],
  ['trust in no peer', say(`trust/Q${here.id.slice(1)}`, encodeTrust(1)), 'malformed'],
  ['an offer', say('offer/0101', text('8 cores')), '0'],
  ['an offer over its bound', say('offer/0101', new Uint8Array(257)), 'malformed'],
  ['a space that is not in the table', say('other/x', text('x')), 'unknown-space'],
  ['a key without a space', say('holder', holding), 'unknown-space'],
  ['a key of the prototype', say('constructor/x', text('x')), 'unknown-space'],
  ['what has expired', say('holder/bafy', holding, 0), 'expired'],
  ['what lives too long', say('holder/bafy', holding, 3 * dayMs), 'too-long'],
  ['a forgery', { ...say('holder/bafy', holding), sequence: 2 }, 'forged'],
]
for (const [what, record, outcome] of rows)
  test(`vets ${what}: ${outcome}`, async () => {
    const verdict = await vetting().vet(record, now)
    assert.equal(verdict.kind === 'good' ? `${verdict.standing.proofHeight}` : verdict.reason, outcome)
  })

test('what was found good is not checked again, unless a byte of it differs', () => {
  let checks = 0
  const verify = createVerify()
  const counted = vetting((...args) => {
    checks++
    return verify(...args)
  })
  const record = say('holder/bafy', holding)
  for (let i = 0; i < 5; i++) assert.ok(counted.standingOf(record, now))
  assert.equal(checks, 1)
  assert.equal(counted.standingOf({ ...record, expiresAt: record.expiresAt + 1 }, now), undefined)
  assert.equal(counted.standingOf(record, record.expiresAt), undefined, 'but it still expires')
})

test('expiry and length of life are judged by the date, not by the steady clock', () => {
  const dateOf = (): number => now
  const dated = new Vetting({ verify: createVerify(), proves, dateOf })
  const record = say('holder/bafy', holding)
  for (const steady of [now - 400 * dayMs, now + dayMs]) {
    assert.equal((dated.vet(record, steady) as { kind: string }).kind, 'good')
    assert.equal((vetting().vet(record, steady) as { kind: string }).kind, 'bad')
  }
})

test('a name has a standing only once its proof has been seen', async () => {
  const judge = vetting()
  const record = say('name/inxt/mysite', text('wait 5'))
  assert.equal(judge.standingOf(record, now), undefined)
  await judge.vet(record, now)
  assert.deepEqual(judge.standingOf(record, now), { proofHeight: 5, owner: '0xowner' })
})

test('of a frame the good comes in, the bad is a mark against its sender, and too many marks shun it', async () => {
  const doorway = { vetting: vetting(), marks: new Marks({ limit: 2 }), meter: createMeter() }
  const good = say('holder/bafy', holding)
  const late = say('holder/bafz', holding, 0)
  const unproved = say('name/inxt/mysite', text('wait'))
  const forged = { ...say('holder/bafx', holding), sequence: 9 }
  assert.deepEqual(admit([good, late], 'relay', now, doorway), [good], 'what came late is no offence')
  assert.deepEqual(await admit([good, unproved, late], 'relay', now, doorway), [good, unproved])
  assert.ok(!doorway.marks.isShunned('relay', now))
  for (let i = 0; i < 2; i++)
    assert.deepEqual(admit([good, forged, good], 'liar', now, doorway), [good], 'nothing behind a forgery')
  assert.ok(doorway.marks.isShunned('liar', now))
  assert.deepEqual(doorway.meter.read(), { 'records.refused.expired': 2, 'records.refused.forged': 2 })
})

test('marks fade, a table of marks is bounded, and who was shunned is heard again', () => {
  const marks = new Marks({ limit: 3, halfLifeMs: 100, shunMs: 1000, peersMax: 2 })
  for (const at of [0, 200, 400, 600, 800]) marks.mark('clumsy', at)
  assert.ok(!marks.isShunned('clumsy', 800))
  for (const at of [800, 800, 800]) marks.mark('liar', at)
  assert.ok(marks.isShunned('liar', 1799))
  assert.equal(marks.shunned(1799), 1)
  assert.ok(!marks.isShunned('liar', 1800))
  for (const peer of ['a', 'b', 'c']) for (let i = 0; i < 3; i++) marks.mark(peer, 5000)
  assert.equal(marks.shunned(5000), 2)
})

test('the shares of the key spaces make up the whole', () => {
  const sum = Object.values(spaces).reduce((total, { share }) => total + share, 0)
  assert.ok(Math.abs(sum - 1) < 1e-9)
})
