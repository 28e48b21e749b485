// What the thread that answers has to do itself while a zone of a million records is read beside it.
//
//   npm run bench -- cli/dns/zone-reader [names]
//
// The longest turn of its event loop, in time of its own on the CPU, collections of garbage included: what a neighbour
// on the machine takes is not in it. The same loop with nothing to read, in the same run, is the peer. What queries
// wait, with all that a machine adds, is in resolver/zone/reload.bench.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { realClock } from '../../base/io/clock.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { createZoneReader } from './zone-reader.ts'

const names = Number(process.argv.find(word => /^[0-9]+$/.test(word)) ?? 1_000_000)
const restMs = 5000
const folder = mkdtempSync(join(tmpdir(), 'inxt-reader-bench-'))
const file = join(folder, 'zone')

function writeZone(): void {
  const lines = ['$TTL 300\n@ SOA ns h 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1']
  for (let i = 0; i < names; i++) lines.push(`n${i} A 10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`)
  writeFileSync(file, lines.join('\n'))
}

function ownMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Turns until `isDone`. */
async function turn(what: string, isDone: () => boolean): Promise<void> {
  const startedAt = realClock.now()
  let longestMs = 0
  while (!isDone()) {
    const before = ownMs()
    await setImmediate()
    longestMs = Math.max(longestMs, ownMs() - before)
  }
  const seconds = ((realClock.now() - startedAt) / 1000).toFixed(1)
  console.log(`${what}: ${seconds} s, longest turn ${longestMs.toFixed(1)} ms of its own`)
}

try {
  writeZone()
  const restUntil = realClock.now() + restMs
  await turn('at rest', () => realClock.now() > restUntil)
  using reader = createZoneReader()
  for (const what of ['reading', 'reading again']) {
    let isRead = false
    const reading = reader.read({ apex: parseName('example.com'), file }, undefined)
    void reading.finally(() => (isRead = true))
    await turn(what, () => isRead)
    console.log(`  ${(await reading)?.records} records`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
