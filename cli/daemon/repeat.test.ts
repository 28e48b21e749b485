import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { repeat } from './repeat.ts'

/** Timers that are set, fired by hand. */
function handClock(): { timers: Set<() => void>; after: (ms: number, action: () => void) => () => void } {
  const timers = new Set<() => void>()
  return {
    timers,
    after(_ms, action) {
      timers.add(action)
      return () => timers.delete(action)
    },
  }
}

test('it goes on after an error, waits for what it began, and begins nothing after the end', async () => {
  const clock = handClock()
  const { timers } = clock
  const errors: unknown[] = []
  const acts: PromiseWithResolvers<void>[] = []
  const act = (): Promise<void> => {
    acts.push(Promise.withResolvers<void>())
    return acts.at(-1)!.promise
  }
  const fire = (): void => {
    const [timer] = timers
    timers.delete(timer!)
    timer!()
  }
  const end = repeat(1000, act, error => errors.push(error), clock)
  assert.deepEqual([acts.length, timers.size], [0, 1])
  fire()
  assert.deepEqual([acts.length, timers.size], [1, 0])
  acts[0]!.reject('wrong')
  await setImmediate()
  assert.deepEqual([errors, timers.size], [['wrong'], 1])
  fire()
  end()
  acts[1]!.resolve()
  await setImmediate()
  assert.deepEqual([acts.length, timers.size], [2, 0])
  const other = repeat(1000, act, () => {}, clock)
  other()
  assert.equal(timers.size, 0)
})
