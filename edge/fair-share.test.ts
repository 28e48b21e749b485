import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairShare } from './fair-share.ts'
import { Rates } from './rates.ts'

test('a site under a flood leaves room for the others, and takes all but that while it is alone', () => {
  const share = new FairShare(100)
  let flood = 0
  while (share.enter('busy')) flood++
  assert.equal(flood, 100, 'alone it may have all')
  for (let i = 0; i < 40; i++) share.leave('busy')
  for (let i = 0; i < 15; i++) assert.ok(share.enter('quiet'))
  assert.equal(share.enter('busy'), false, 'it has more than its share, and no more than a quarter is left')
  assert.ok(share.enter('small'))
  let quiet = 15
  while (share.enter('quiet')) quiet++
  assert.ok(quiet >= 33, 'an equal share is always to be had while there is room')
})

test('who had nothing of it leaves nothing behind', () => {
  const share = new FairShare(4)
  const one = share.of('one')
  assert.ok(one.enter(0) && one.enter(4))
  one.leave(4)
  one.leave(0)
  assert.ok(one.enter(4))
  assert.equal(one.enter(1), false)
})

test('a client has its burst, then its rate, and does not take from another', () => {
  const rates = new Rates({ perS: 10, burst: 3, clientsMax: 2 })
  assert.deepEqual(
    [0, 0, 0, 0, 50, 100, 200].map(now => rates.take('a', now)),
    [true, true, true, false, false, true, true],
  )
  assert.ok(rates.take('b', 200))
  rates.take('c', 200)
  assert.deepEqual(
    [1, 2, 3].map(() => rates.take('a', 200)),
    [true, true, true],
    'forgotten, so it begins again',
  )
})
