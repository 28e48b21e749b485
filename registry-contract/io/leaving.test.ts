import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextStep } from './leaving.ts'

test('what is next follows from the entry and the clock of the chain', () => {
  const owner = `0x${'11'.repeat(20)}`
  const rows: [Parameters<typeof nextStep>[0], number, ReturnType<typeof nextStep>][] = [
    [{ owner: undefined, stake: 0n, withdrawableAt: 0 }, 5, 'none'],
    [{ owner, stake: 1n, withdrawableAt: 0 }, 5, 'unbond'],
    [{ owner, stake: 1n, withdrawableAt: 6 }, 5, 'wait'],
    // The contract refuses before `withdrawableAt`, not at it.
    [{ owner, stake: 1n, withdrawableAt: 5 }, 5, 'withdraw'],
    // Slashed to nothing, the entry still is one: it frees the key.
    [{ owner, stake: 0n, withdrawableAt: 5 }, 9, 'withdraw'],
  ]
  for (const [standing, now, step] of rows) assert.equal(nextStep(standing, now), step)
})
