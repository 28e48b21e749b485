import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devnetTuning } from '../overlay/membership/options.ts'
import { checkReplies, checkView, checkWake } from './checks.ts'
import { Swarm } from './swarm.ts'

test('replies to a stranger may not be larger than what it sent; to others they may', () => {
  const replies = [{ length: 60 }, { length: 60 }]
  checkReplies(120, replies, false)
  checkReplies(10, replies, true)
  assert.throws(() => checkReplies(119, replies, false), /no amplification/)
  assert.throws(() => checkReplies(5000, [{ length: 1401 }], true), /within its bound/)
})

test('a view out of its bound, of a stranger, or with an incarnation that nobody announced, is caught', () => {
  const swarm = new Swarm({ seed: 1, size: 3, tuning: devnetTuning })
  swarm.assemble()
  const [peer, other] = swarm.peers
  const byId = new Map(swarm.peers.map(each => [each.id, each]))
  checkView(peer!, byId, 2)
  assert.throws(() => checkView(peer!, byId, 1), /within its bound/)
  assert.throws(() => checkView(peer!, new Map([[peer!.id, peer!]]), 2), /never was/)
  other!.incarnationMax = -1
  assert.throws(() => checkView(peer!, byId, 2), /raises an incarnation/)
  assert.throws(() => checkWake(peer!.machine, Number.POSITIVE_INFINITY), /nothing that is due/)
})
