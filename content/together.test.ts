import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTogether } from './together.ts'
import { createTurns } from './turns.ts'

test('many waiters, one piece of work', async () => {
  const together = createTogether<number>()
  const gate = Promise.withResolvers<number>()
  let runs = 0
  const work = (): Promise<number> => {
    runs++
    return gate.promise
  }
  const waiters = [1, 2, 3].map(() => together.join('k', work))
  assert.equal(together.size(), 1)
  gate.resolve(7)
  assert.deepEqual(await Promise.all(waiters), [7, 7, 7])
  assert.equal(runs, 1)
  assert.equal(together.size(), 0)
})

test('a waiter who leaves leaves alone; the last one stops the work', async () => {
  const together = createTogether<number>()
  let stopped: AbortSignal | undefined
  const work = (signal: AbortSignal): Promise<number> => {
    stopped = signal
    return Promise.withResolvers<number>().promise
  }
  const [a, b] = [new AbortController(), new AbortController()]
  const first = together.join('k', work, a.signal)
  const second = together.join('k', work, b.signal)
  a.abort(new Error('a left'))
  await assert.rejects(first, /a left/)
  assert.equal(stopped?.aborted, false)
  b.abort(new Error('b left'))
  await assert.rejects(second, /b left/)
  assert.equal(stopped?.aborted, true)
  assert.equal(together.size(), 0)
  // The next to come starts anew.
  assert.equal(await together.join('k', async () => 5), 5)
  await assert.rejects(
    together.join('k', async () => 5, a.signal),
    /a left/,
  )
})

test('a failure reaches every waiter and is forgotten', async () => {
  const together = createTogether<number>()
  const work = async (): Promise<number> => {
    throw new Error('no')
  }
  await assert.rejects(Promise.all([together.join('k', work), together.join('k', work)]), /no/)
  assert.equal(await together.join('k', async () => 1), 1)
})

test('turns: one key in order, also after a failure', async () => {
  const inTurn = createTurns()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const a1 = inTurn('a', async () => {
    await gate.promise
    done.push('a1')
    throw new Error('a1')
  })
  const a2 = inTurn('a', async () => done.push('a2'))
  await inTurn('b', async () => done.push('b'))
  gate.resolve()
  await assert.rejects(a1, /a1/)
  await a2
  assert.deepEqual(done, ['b', 'a1', 'a2'])
})
