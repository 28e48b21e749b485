// A roll is right when every mix of memories makes a chain: a DS, a DNSKEY set and a signature, each as old as it
// may be.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import {
  advance,
  dsSeen,
  firstKey,
  isRolling,
  type KeyState,
  type Method,
  type Role,
  rollTo,
  type State,
  type Timing,
  usesOf,
} from './rollover.ts'

/** Small numbers with one hour as the unit, so that every hour can be looked at. */
const timing: Timing = { dnskeyTtlS: 3, zoneTtlMaxS: 5, dsTtlS: 7, propagationS: 1, parentPropagationS: 2 }

interface Moment {
  /** Tags in each place. */
  readonly parent: readonly number[]
  readonly published: readonly number[]
  readonly signsKeys: readonly number[]
  readonly signsZone: readonly number[]
}

interface Play {
  readonly moments: Moment[]
  readonly states: State[][]
}

/** Plays a roll hour by hour; the parent follows `isWanted` after `parentDelay` hours, and we notice. */
function play(first: Role[], role: Role, method: Method, parentDelay: number, signEvery = 1): Play {
  let keys: KeyState[] = first.map((role, i) => firstKey(i + 1, role, 0))
  const moments: Moment[] = []
  const states: State[][] = []
  const wishes: number[][] = []
  let published = keys
  for (let hour = 0; hour < 120; hour++) {
    if (hour === 21) keys = rollTo(keys, 9, role, method, hour)
    if (hour % signEvery === 0) {
      keys = advance(keys, timing, hour)
      published = keys
    }
    const tags = (use: 'isPublished' | 'signsKeys' | 'signsZone' | 'isWanted'): number[] =>
      published.filter(key => usesOf(key, published)[use]).map(({ tag }) => tag)
    wishes.push(tags('isWanted'))
    const parent = wishes[Math.max(0, hour - parentDelay)]!
    const waiting = keys.find(
      key => (key.state === 'ready' || key.state === 'announced') && key.dsSeenAtS === undefined,
    )
    if (waiting !== undefined && parent.includes(waiting.tag)) keys = dsSeen(keys, hour)
    moments.push({
      parent,
      published: tags('isPublished'),
      signsKeys: tags('signsKeys'),
      signsZone: tags('signsZone'),
    })
    const now = keys.map(({ state }) => state)
    if (`${states.at(-1)}` !== `${now}`) states.push(now)
  }
  return { moments, states }
}

/** The first mix of memories at some hour that makes no chain. */
function brokenMix(moments: readonly Moment[]): string | undefined {
  const oldest = timing.propagationS
  for (let hour = 15; hour < moments.length; hour++) {
    for (let ds = hour - timing.dsTtlS - timing.parentPropagationS + 1; ds <= hour; ds++) {
      for (let keys = hour - timing.dnskeyTtlS - oldest + 1; keys <= hour; keys++) {
        const set = moments[keys]!
        const entry = moments[ds]!.parent.some(
          tag => set.published.includes(tag) && set.signsKeys.includes(tag),
        )
        if (!entry) return `hour ${hour}: DS of ${ds}, keys of ${keys}`
        for (let at = hour - timing.zoneTtlMaxS - oldest + 1; at <= hour; at++) {
          if (!moments[at]!.signsZone.some(tag => set.published.includes(tag)))
            return `hour ${hour}: keys of ${keys}, signatures of ${at}`
        }
      }
    }
  }
  return undefined
}

describe('rollover', () => {
  const rows: { first: Role[]; role: Role; method: Method; states: string }[] = [
    { first: ['ksk', 'zsk'], role: 'zsk', method: 'pre-publish', states: 'published active' },
    {
      first: ['ksk', 'zsk'],
      role: 'ksk',
      method: 'double-signature',
      states: 'published ready active',
    },
    { first: ['ksk', 'zsk'], role: 'ksk', method: 'double-ds', states: 'announced active' },
    { first: ['csk'], role: 'csk', method: 'double-signature', states: 'published ready active' },
    { first: ['csk'], role: 'csk', method: 'algorithm', states: 'signing published ready active' },
  ]
  for (const { first, role, method, states } of rows) {
    test(`${role} by ${method}: any mix of memories makes a chain`, () => {
      for (const parentDelay of [1, 6, 20]) {
        for (const signEvery of [1, 4]) {
          const roll = play(first, role, method, parentDelay, signEvery)
          assert.equal(brokenMix(roll.moments), undefined, `${parentDelay} ${signEvery}`)
          const seen = roll.states
            .map(now => now[first.length])
            .filter(state => state !== undefined && state !== 'generated')
          assert.equal([...new Set(seen)].join(' '), states)
          assert.equal(roll.states.at(-1)![first.indexOf(role)], 'removed')
          assert.deepEqual(roll.moments.at(-1)!.published.includes(9), true)
        }
      }
    })
  }

  test('another algorithm: whoever knows a key of it finds signatures of it, in any mix of memories', () => {
    const { moments } = play(['csk'], 'csk', 'algorithm', 6)
    const { dnskeyTtlS, zoneTtlMaxS, propagationS } = timing
    for (let hour = 15; hour < moments.length; hour++) {
      for (let keys = hour - dnskeyTtlS - propagationS + 1; keys <= hour; keys++) {
        for (let at = hour - zoneTtlMaxS - propagationS + 1; at <= hour; at++) {
          const bare = moments[keys]!.published.filter(tag => !moments[at]!.signsZone.includes(tag))
          assert.deepEqual(bare, [], `hour ${hour}: keys of ${keys}, signatures of ${at}`)
        }
      }
    }
  })

  test('the check would notice a step that is too early', () => {
    const { moments } = play(['csk'], 'csk', 'double-signature', 1)
    for (const [from, to] of [
      [21, 60],
      [30, 60],
    ]) {
      const hasty = [...moments.slice(0, from), ...moments.slice(to)]
      assert.notEqual(brokenMix(hasty), undefined, `${from}`)
    }
  })

  test('what cannot be rolled is refused', () => {
    const keys = [firstKey(1, 'csk', 0)]
    const refused = (action: () => unknown): void =>
      assert.throws(action, error => isFault(error, 'input/invalid'))
    refused(() => rollTo(keys, 2, 'zsk', 'pre-publish', 1))
    refused(() => rollTo(keys, 2, 'csk', 'double-ds', 1))
    refused(() => dsSeen(keys, 1))
    const rolling = rollTo(keys, 2, 'csk', 'double-signature', 1)
    assert(isRolling(rolling, 'csk') && !isRolling(keys, 'csk'))
    refused(() => rollTo(rolling, 3, 'csk', 'double-signature', 1))
    refused(() => dsSeen(rolling, 1))
  })
})
