// Hostile servers: packets of the honest Internet with bytes changed, sections mixed, names of elsewhere, or nothing at
// all. A walk always ends within its budget, throws nothing, and never finds a claimant whom no parent ever named.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { integerBelow, type Random, seededRandom } from '../../base/random.ts'
import { decodeMessage, type Message } from '../wire/message.ts'
import { labelsOf } from '../wire/name.ts'
import { createInternet, lead, message, zone } from './testing-world.ts'
import type { Question } from './walk.ts'

const token = '0123456789abcdef0123456789abcdef'
const roots = ['198.51.100.1', '198.51.100.2']
const root = zone(
  'test 3600 IN NS a.nic.test.\ntest 60 IN NS b.nic.test.\na.nic.test 60 IN A 192.0.2.1\nb.nic.test 60 IN A 192.0.2.2',
)
const top = zone(
  `a.nic 60 IN A 192.0.2.1\nb.nic 60 IN A 192.0.2.2\nshop 60 IN NS ns1.${token}.shop\nother 60 IN NS ns.other`,
)
const internet = createInternet({
  ...{ [roots[0]!]: { '.': root }, [roots[1]!]: { '.': root } },
  ...{ '192.0.2.1': { test: top }, '192.0.2.2': { test: top } },
})
const honest = message(internet)

function decoded(packet: Uint8Array): Message | undefined {
  try {
    return decodeMessage(packet)
  } catch (error) {
    if (isFault(error, 'bytes/malformed')) return undefined
    throw error
  }
}

/** Some octets are others. */
function bent(random: Random, question: Question): Message | undefined {
  const packet = internet.answer(question)?.slice()
  if (packet === undefined) return undefined
  for (let i = integerBelow(random, 6); i >= 0; i--) {
    packet[integerBelow(random, packet.length)] = integerBelow(random, 256)
  }
  return decoded(packet)
}

/** Records from answers to other questions, in any section. */
function mixed(random: Random, question: Question): Message | undefined {
  const servers = [...roots, '192.0.2.1', '192.0.2.2']
  const elsewhere = { ...question, server: servers[integerBelow(random, servers.length)]! }
  const [one, two] = [honest(question), honest(elsewhere)]
  if (one === undefined || two === undefined) return one
  const all = [...one.answers, ...two.authorities, ...one.authorities, ...two.additionals, ...one.additionals]
  const some = (): Message['answers'] => all.filter(() => random.next() < 0.4)
  const flags = random.next() < 0.5 ? one.flags : integerBelow(random, 0x10000)
  return { ...one, flags, answers: some(), authorities: some(), additionals: some() }
}

test('walks through liars end, and find no token that was not there', () => {
  const domains = ['shop.test', 'other.test', 'a.b.c.d.e.f.g.h.i.j.k.l.m.shop.test', 'nothing.test', 'com']
  const property = fc.property(fc.nat(), fc.constantFrom(...domains), (seed, domain) => {
    const random = seededRandom(seed)
    const ways = [
      honest,
      (q: Question) => bent(random, q),
      (q: Question) => mixed(random, q),
      () => undefined,
    ]
    const { finding, questions } = lead(domain, q => ways[integerBelow(random, ways.length)]!(q), {
      roots,
      seed,
    })
    assert.ok(questions <= 48)
    if (finding.kind !== 'delegated') return
    const isClaimed = finding.hosts.some(({ name }) => labelsOf(name).includes(token))
    assert.ok(!isClaimed || domain.endsWith('shop.test'), domain)
  })
  fc.assert(property, { numRuns: 1000 })
})
