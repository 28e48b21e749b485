import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createRoster, type Holder } from './holders.ts'
import { parseCid } from './identifier.ts'
import { createPursuit, type PursuitEffect } from './pursuit.ts'
import { createStanding } from './standing.ts'

const holder = (id: string): Holder => ({ id, host: '127.0.0.1', port: 1 })
const abcd = ['a', 'b', 'c', 'd'].map(holder)
const options = { askedMax: 3, hedgeMs: 100, roundsMax: 2, pauseMs: 50 }
const brief = (effects: PursuitEffect[]): string =>
  effects.map(effect => (effect.do === 'ask' ? effect.holder.id : effect.do)).join(' ')

describe('pursuit', () => {
  test('the nearest first; the next at once after a refusal', () => {
    for (const refusal of ['lacking', 'lying', 'failing'] as const) {
      const pursuit = createPursuit(options)
      assert.equal(brief(pursuit.found(abcd, 0)), 'a')
      assert.equal(brief(pursuit.refused('a', refusal, 5)), 'b')
      assert.equal(brief(pursuit.refused('a', refusal, 6)), '') // said twice
      assert.equal(brief(pursuit.refused('b', refusal, 10)), 'c')
    }
  })

  test('a slow one gets company, up to three', () => {
    const pursuit = createPursuit(options)
    pursuit.found(abcd, 0)
    assert.equal(pursuit.wakeAt(), 100)
    assert.equal(brief(pursuit.wake(99)), '')
    assert.equal(brief(pursuit.wake(100)), 'b')
    assert.equal(brief(pursuit.wake(200)), 'c')
    assert.equal(brief(pursuit.wake(300)), '')
    assert.equal(brief(pursuit.refused('b', 'failing', 310)), 'd')
    assert.equal(pursuit.wakeAt(), Number.POSITIVE_INFINITY)
  })

  test('after the last: a pause, a fresh list without the liars, then the end', () => {
    const pursuit = createPursuit(options)
    pursuit.found([holder('a'), holder('b')], 0)
    assert.equal(brief(pursuit.refused('a', 'lying', 10)), 'b')
    assert.equal(brief(pursuit.refused('b', 'lacking', 20)), '')
    assert.equal(pursuit.wakeAt(), 70)
    assert.equal(brief(pursuit.wake(70)), 'find')
    assert.equal(pursuit.wakeAt(), Number.POSITIVE_INFINITY)
    assert.equal(brief(pursuit.found(abcd, 80)), 'b')
    pursuit.refused('b', 'failing', 90)
    pursuit.refused('c', 'failing', 90)
    assert.equal(brief(pursuit.refused('d', 'failing', 90)), 'give-up')
  })

  test('nobody holds it', () => {
    const pursuit = createPursuit(options)
    assert.equal(brief(pursuit.found([], 0)), '')
    assert.equal(brief(pursuit.wake(50)), 'find')
    assert.equal(brief(pursuit.found([], 60)), 'give-up')
  })

  test('whatever happens: at most three under way, nobody twice in a round, and an end', () => {
    const refusal = fc.constantFrom('lacking', 'lying', 'failing', 'slow')
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 12 }), fc.infiniteStream(refusal), (ids, fates) => {
        const pursuit = createPursuit(options)
        const under: string[] = []
        const liars = new Set<string>()
        let now = 0
        let asks = 0
        const queue: PursuitEffect[] = [
          ...pursuit.found(
            ids.map(id => holder(`${id}`)),
            now,
          ),
        ]
        for (let steps = 0; ; steps++) {
          assert.ok(steps < 500, 'no end')
          const effect = queue.shift()
          if (effect?.do === 'give-up') break
          if (effect?.do === 'find')
            queue.push(
              ...pursuit.found(
                ids.map(id => holder(`${id}`)),
                now,
              ),
            )
          if (effect?.do === 'ask') {
            asks++
            assert.ok(!liars.has(effect.holder.id) && !under.includes(effect.holder.id))
            under.push(effect.holder.id)
            assert.ok(under.length <= 3)
          }
          if (effect !== undefined) continue
          const fate = fates.next().value
          if (fate !== 'slow' && under.length > 0) {
            const id = under.shift()!
            if (fate === 'lying') liars.add(id)
            queue.push(...pursuit.refused(id, fate, now))
          } else if (pursuit.wakeAt() < Number.POSITIVE_INFINITY) {
            now = Math.max(now, pursuit.wakeAt())
            queue.push(...pursuit.wake(now))
          }
        }
        assert.equal(under.length, 0)
        assert.ok(asks <= 2 * new Set(ids).size)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

test('standing: liars are out for a while, the failing go last, a delivery mends', () => {
  const standing = createStanding({ lieOutMs: 1000 })
  const order = (now: number): string =>
    standing
      .order(abcd, now)
      .map(({ id }) => id)
      .join('')
  assert.equal(order(0), 'abcd')
  standing.lied('b', 0)
  standing.failed('a', 0)
  assert.equal(order(999), 'cda')
  assert.equal(order(1000), 'abcd')
  standing.failed('a', 1000) // the second in a row: two seconds
  assert.equal(order(2999), 'bcda')
  standing.delivered('a')
  assert.equal(order(1001), 'abcd')
})

test('roster: asked once in a while for a root, anew on demand, empty on failure', async () => {
  const root = parseCid('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')
  let asked = 0
  const roster = createRoster(
    {
      find: async () => {
        if (++asked === 3) throw new Error('overlay down')
        return abcd
      },
    },
    { freshMs: 100 },
  )
  await Promise.all([roster.find(root, 0, false), roster.find(root, 99, false)])
  assert.equal(asked, 1)
  await roster.find(root, 99, true)
  assert.equal(asked, 2)
  assert.deepEqual(await roster.find(root, 199, false), [])
  assert.equal(asked, 3)
})
