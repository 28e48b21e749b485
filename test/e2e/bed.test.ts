// The test bed itself: what it promises of delay, loss and partition, seen by two plain processes.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Bed, bedMissing, openBed } from '../bed/bed.ts'
import { bedRtts } from '../bed/matrix.ts'
import { ran } from './devnet.ts'

const echo = join(import.meta.dirname, '..', 'bed', 'echo.ts')
const { rtts } = bedRtts(4)

interface Heard {
  readonly udpMs: number | null
  readonly tcpMs: number | null
  readonly lostShare: number
}

describe('the test bed', { skip: bedMissing() }, () => {
  let bed: Bed
  let server: ChildProcess

  const ask = async (from: number, count: number): Promise<Heard> => {
    const [program, ...words] = [
      ...bed.inside(from),
      process.execPath,
      echo,
      'ask',
      bed.address(1),
      `${count}`,
    ]
    const { stdout, stderr } = await ran(program!, words)
    assert.equal(stderr, '')
    return JSON.parse(stdout) as Heard
  }

  before(async () => {
    bed = await openBed(rtts)
    const [program, ...words] = [...bed.inside(1), process.execPath, echo, 'serve', bed.address(1)]
    server = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(server.stdout!, 'data')
  })
  after(() => bed?.close())

  test('UDP and TCP take the round trip of the matrix', async () => {
    const heard = await Promise.all([2, 3, 4].map(machine => ask(machine, 40)))
    heard.forEach(({ udpMs, tcpMs, lostShare }, i) => {
      const wantedMs = rtts[0]![i + 1]!
      // Not less; and no more than a machine with two cores needs to get round to it.
      for (const ms of [udpMs!, tcpMs!])
        assert(ms >= wantedMs - 0.1 && ms < wantedMs + 15, `${ms}, not ${wantedMs}`)
      assert.equal(lostShare, 0)
    })
  })

  test('nothing passes between the groups of a partition until it heals', async () => {
    await bed.partition([[1, 2]])
    const [near, far] = await Promise.all([ask(2, 20), ask(3, 20)])
    assert.equal(near.lostShare, 0)
    assert.deepEqual(far, { udpMs: null, tcpMs: null, lostShare: 1 })
    await bed.heal()
    assert.equal((await ask(3, 20)).lostShare, 0)
  })

  test('the share that is lost is the share that was asked for', async () => {
    await bed.lose(0.1)
    const { lostShare } = await ask(2, 2000)
    // There and back: 1 - .9² = .19, with a standard deviation of √(.19 · .81 / 2000) = .009.
    assert(Math.abs(lostShare - 0.19) < 0.045, `${lostShare}`)
    await bed.lose(0)
  })

  test('what runs on the machines ends with the bed', async () => {
    const ended = once(server, 'exit')
    await bed.close()
    assert.deepEqual(await ended, [null, 'SIGKILL'])
    assert.doesNotMatch((await ran('ip', ['netns'])).stdout, new RegExp(bed.inside(1).at(-1)!))
  })
})
