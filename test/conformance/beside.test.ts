// Our answers beside those of NSD, Knot, BIND and PowerDNS: each difference has a reason, or the test fails.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../e2e/devnet.ts'
import { askAll, type Comparison, compare, questions, type Told } from './beside.ts'
import { type Lab, openLab, peerAddresses, startPeers } from './lab.ts'
import { subjectAddresses } from './lab-zones.ts'
import { pageText } from './page-text.ts'
import { labMissing } from './tools.ts'

describe('beside other servers', { skip: labMissing() }, () => {
  const stack = new AsyncDisposableStack()
  let lab: Lab
  let ours: readonly Told[]
  const comparisons = new Map<string, Comparison>()
  before(async () => {
    lab = await openLab(stack)
    await startPeers(lab)
    ours = await askAll(lab.room, subjectAddresses[0])
  })
  after(() => stack.disposeAsync())

  test('some 300 questions are asked', () => assert.ok(questions.length >= 300, `${questions.length}`))
  for (const [peer, address] of Object.entries(peerAddresses)) {
    test(`no difference from ${peer} is without a reason`, async () => {
      const comparison = compare(peer, ours, await askAll(lab.room, address))
      comparisons.set(peer, comparison)
      const { unexplained } = comparison
      assert.equal(unexplained.length, 0, unexplained.join('\n'))
    })
  }
  test('docs/conformance.md says what was found (INXT_WRITE=conformance writes it)', () => {
    const page = join(projectRoot, 'docs', 'conformance.md')
    const text = pageText(comparisons)
    if (process.env['INXT_WRITE'] === 'conformance') writeFileSync(page, text)
    assert.equal(readFileSync(page, 'utf8'), text)
  })
})
