// The fuzzer finds what only coverage leads to, and finds nothing in a short cut of the real targets; the long run is
// `npm run fuzz`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../base/fault.ts'
import { seededRandom } from '../../base/random.ts'
import { openCoverage } from './coverage.ts'
import { dnsTargets } from './dns-targets.ts'
import { fuzz, type Outcome, type Target } from './loop.ts'
import { octetMutators } from './mutators.ts'

function cut(target: Target, executionsMax: number, isOurs: (url: string) => boolean): Outcome {
  using coverage = openCoverage(isOurs)
  let isFound = false
  return fuzz(target, {
    ...{ random: seededRandom(1), coverage, now: () => performance.now() },
    goesOn: executions => !isFound && executions < executionsMax,
    onFinding: () => {
      isFound = true
    },
  })
}

/** Four octets that must all be right: one in four thousand million by chance. */
function planted(bytes: Uint8Array): void {
  if (bytes.length > 40) throw new Fault('bytes/malformed', 'too long')
  if (bytes[0] !== 0x44) return
  if (bytes[1] !== 0x4e) return
  if (bytes[2] !== 0x53) return
  if (bytes[3] === 0x21) throw new RangeError('a bug')
}

test('a bug behind four octets is found step by step, told once, and made small', () => {
  const target = { name: 'planted', seeds: [new Uint8Array(20)], mutators: octetMutators, run: planted }
  const { findings } = cut(target, 300_000, url => url === import.meta.url)
  assert.equal(findings.length, 1)
  assert.match(findings[0]!.what, /^RangeError: a bug at test\/fuzz\/fuzz\.test\.ts:\d+/)
  assert.equal(Buffer.from(findings[0]!.input).toString('latin1'), 'DNS!')
})

for (const [name, make] of Object.entries(dnsTargets)) {
  test(`${name}: nothing but Faults comes out, and what must hold holds`, () => {
    const target = make()
    const executionsMax = target.seeds.length + 1500
    const { executions, findings } = cut(target, executionsMax, url => url.includes('/resolver/'))
    assert.deepEqual(findings, [])
    assert.ok(executions >= executionsMax)
  })
}
