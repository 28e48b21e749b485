import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chaos } from './chaos.ts'
import { boundMs, coldStart } from './cold-start.ts'

describe('cold start of a popular site on a fresh edge', () => {
  const warm = { isWarm: true, speaksCar: true }
  for (const rttMs of [10, 80, 200]) {
    test(`the first byte within 1.3 round trips of ${rttMs} ms and 20 ms, however deep the page`, async () => {
      for (const folders of [0, 4]) {
        const { firstByteMs, asks } = await coldStart({ rttMs, fileBytes: 60_000, folders }, warm)
        assert.ok(firstByteMs <= boundMs(rttMs), `${firstByteMs} ms with ${folders} folders`)
        assert.equal(asks, 1)
      }
    })
  }

  test('of a large file as well, whose rest comes from all holders', async () => {
    const large = { rttMs: 80, fileBytes: 3_000_000, folders: 1 }
    const { firstByteMs, wholeMs } = await coldStart(large, warm)
    assert.ok(firstByteMs <= boundMs(80) + 2, `${firstByteMs}`) // the block of 256 KiB takes 21 ms
    assert.ok(wholeMs < 80 + 240, `${wholeMs} ms; one line alone would take 240 and the way`)
  })

  test('from holders that speak no CAR, block by block', async () => {
    const { firstByteMs } = await coldStart(
      { rttMs: 80, fileBytes: 60_000, folders: 1 },
      { ...warm, speaksCar: false },
    )
    assert.ok(firstByteMs > 3 * 80 && firstByteMs < 4 * 80, `${firstByteMs}`)
  })
})

describe('chaos', () => {
  for (const speaksCar of [false, true]) {
    test(`no wrong byte and no failure while one holder is honest${speaksCar ? ', with CARs' : ''}`, async () => {
      for (let seed = 1; seed <= 3; seed++) {
        const { asks, blocks, ms } = await chaos(seed, speaksCar)
        assert.ok(asks <= 6 * blocks && ms < 120_000, `seed ${seed}: ${asks} asks, ${ms} ms`)
      }
    })
  }
})
