import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { openLetter, sealLetter } from '../../overlay/io/letter.ts'
import { type PeerId, peerIdOf, publicKeyOf } from '../../overlay/peer.ts'
import { createVerify } from '../../overlay/signature.ts'
import { Letters } from './certificate-letters.ts'

const host = 'shop.example'
const verify = createVerify()
let now = 1_700_000_000_000

function edge(admitted: () => readonly PeerId[]) {
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = Uint8Array.from(Buffer.from(privateKey.export({ format: 'jwk' }).x!, 'base64url'))
  const peer = peerIdOf(publicKey)
  const meter = createMeter()
  const letters = new Letters({
    ...{ self: peer, verify, meter, perHourMax: 3, date: () => now },
    sign: bytes => Uint8Array.from(sign(null, bytes, privateKey)),
    seal: (to, text, about) => sealLetter(text, publicKeyOf(to), about),
    open: (letter, about) => openLetter(letter, privateKey, about),
    mayHave: (name, other) => name === host && admitted().includes(other),
  })
  return { peer, letters, meter }
}

const find = async () => utf8('chain and key')
const refused = (error: unknown): boolean => isFault(error, 'certificate/refused')

describe('letters with keys', () => {
  const admitted: PeerId[] = []
  const [giver, asker, stranger] = [edge(() => admitted), edge(() => admitted), edge(() => admitted)]
  admitted.push(asker.peer)

  test('an edge to which readers are led is given the key, and that is told', async () => {
    const question = asker.letters.question(host, giver.peer)
    const answer = await giver.letters.answer(host, question, find)
    assert.equal(fromUtf8(asker.letters.read(host, giver.peer, question, answer)), 'chain and key')
    assert.deepEqual(giver.letters.given(), [{ host, peer: asker.peer, at: now }])
    assert.equal(giver.meter.read()['certificates.letters'], 1)
  })

  test('nobody else is: in the name of another, for another host, to another, late, early, changed', async () => {
    const good = asker.letters.question(host, giver.peer)
    const [, at, proof] = good.split('~')
    const foreign = stranger.letters.question(host, giver.peer)
    const wrong: [what: string, host: string, question: string][] = [
      ['an edge to which nobody is led', host, foreign],
      ['in the name of another', host, [asker.peer, ...foreign.split('~').slice(1)].join('~')],
      ['another host', 'bank.example', asker.letters.question('bank.example', giver.peer)],
      ['a question to another', host, asker.letters.question(host, stranger.peer)],
      ['another instant', host, [asker.peer, Number(at) + 1, proof].join('~')],
      ['no instant', host, [asker.peer, 'NaN', proof].join('~')],
      ['no proof', host, [asker.peer, at].join('~')],
      ['nothing', host, ''],
    ]
    let asked = 0
    const counting = async () => {
      asked++
      return find()
    }
    for (const [what, name, question] of wrong)
      await assert.rejects(giver.letters.answer(name, question, counting), refused, what)
    for (const ms of [300_001, -600_002]) {
      now += ms
      await assert.rejects(giver.letters.answer(host, good, counting), refused)
    }
    now += 300_001
    await fc.assert(
      fc.asyncProperty(fc.string(), async question => {
        await assert.rejects(giver.letters.answer(host, question, counting), refused)
      }),
    )
    assert.equal(asked, 0, 'nothing is looked up for them')
    assert.equal(giver.letters.given().length, 1)
  })

  test('an answer that is not of whom was asked, or not to what was asked, is not believed', async () => {
    now += 3_600_000
    const question = asker.letters.question(host, giver.peer)
    const answer = await giver.letters.answer(host, question, find)
    const liar = edge(() => admitted)
    const toLiar = asker.letters.question(host, liar.peer)
    const lie = await liar.letters.answer(host, toLiar, async () => utf8('chain of a thief'))
    now += 1
    const later = asker.letters.question(host, giver.peer)
    for (const [what, asked, said] of [
      ['of another', question, lie],
      ['an older answer', later, answer],
      ['a changed letter', question, { ...answer, letter: lie.letter }],
      ['nothing', question, {}],
      ['null', question, null],
    ] as const)
      assert.throws(() => asker.letters.read(host, giver.peer, asked, said), refused, what)
  })

  test('each edge has its letters of an hour, and questions without an answer cost none', async () => {
    now += 3_600_000
    const ask = (who: typeof asker, found = find) =>
      giver.letters.answer(host, who.letters.question(host, giver.peer), found)
    admitted.push(stranger.peer)
    await assert.rejects(
      ask(asker, async () => undefined as never),
      refused,
    )
    for (let i = 0; i < 3; i++, now++) await ask(asker)
    await assert.rejects(ask(asker), /letters of this hour/)
    await ask(stranger)
    now += 3_600_000
    await ask(asker)
    assert.equal(giver.letters.given().at(-1)?.peer, asker.peer)
  })

  test('a question that is said again is not answered again, nor are many at once', async () => {
    now += 3_600_000
    const seen = asker.letters.question(host, giver.peer)
    await giver.letters.answer(host, seen, find)
    now += 60_000
    const again = giver.letters.answer(host, seen, find)
    await assert.rejects(again, /answered before/)
    const { promise, resolve } = Promise.withResolvers<Uint8Array>()
    const many = Array.from({ length: 10 }, () => {
      now++
      return giver.letters.answer(host, asker.letters.question(host, giver.peer), () => promise)
    })
    resolve(await find())
    const kinds = (await Promise.allSettled(many)).map(({ status }) => status)
    assert.equal(kinds.filter(kind => kind === 'fulfilled').length, 2, 'three an hour, one had been given')
  })

  test('an edge that is led to no more is given nothing more', async () => {
    now += 3_600_000
    admitted.splice(0, 1)
    const question = asker.letters.question(host, giver.peer)
    await assert.rejects(giver.letters.answer(host, question, find), /no reader is led there/)
  })
})
