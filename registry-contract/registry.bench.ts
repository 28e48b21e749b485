// What a million names cost: seconds to fold their logs, bytes of memory a name, ns a look-up, and what a start
// from the checkpoint takes, beside a plain Map from label to content hash, in the same run.
//
//   npm run bench -- registry [--json]
//
// The logs are made block by block and not counted: each registration has the three events that the contracts
// write. Look-ups are of random labels, so that nothing is in the processor's cache, and read the content hash.
// Times depend on the machine, so no build fails on them.

import { concatBytes, fromHex, utf8 } from '../base/bytes.ts'
import { realClock } from '../base/io/clock.ts'
import { integerBelow, seededRandom } from '../base/random.ts'
import type { Log } from './events.ts'
import { childNodeShort } from './keccak.ts'
import { createRegistry, type Registry } from './registry.ts'
import { eventsOf } from './signatures.ts'
import { blockHash, contracts } from './specimens.ts'

const json = process.argv.includes('--json')
const names = 1_000_000
const perBlock = 500
const lookups = 1_000_000
const expiresAt = 2_000_000_000
const random = seededRandom(1)
const suffixNode = fromHex(contracts.suffixNode)!
const topicsByName = new Map(
  Object.values(eventsOf)
    .flatMap(events => [...events.values()])
    .map(({ name, hash }) => [name, hash]),
)
const labelOf = (i: number): string => `site-${i.toString(36)}`
const contentOf = (i: number): string => `0xe30101701220${i.toString(16).padStart(64, '9')}`

const topicOf = (event: string): string => topicsByName.get(event)!
const word = (value: number): string => value.toString(16).padStart(64, '0')
const { NameRegistry, NameRegistrar } = contracts.contracts

/** Flat text, as JSON.parse leaves it, not a tree of pieces that the fold would have to join. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/** Data written out by hand: the general encoder would take longer than the fold. */
function registrationOf(i: number): Log[] {
  const label = labelOf(i)
  const node = flat(childNodeShort(suffixNode, label))
  const owner = flat(`0x${'0'.repeat(24)}${(i % 50_000).toString(16).padStart(40, 'a')}`)
  const term = word(expiresAt) + word(1)
  const content = `${word(64)}${word(2)}${word(38)}${contentOf(i).slice(2)}${'0'.repeat(52)}`
  const text = `${word(label.length)}${Buffer.from(label).toString('hex').padEnd(64, '0')}`
  return [
    { address: NameRegistry, topics: [topicOf('NameAssigned'), node, owner], data: flat(`0x${term}`) },
    { address: NameRegistry, topics: [topicOf('ContenthashChanged'), node], data: flat(`0x${content}`) },
    {
      address: NameRegistrar,
      topics: [topicOf('NameRegistered'), node, owner],
      data: flat(`0x${word(128)}${term}${word(10 ** 15)}${text}`),
    },
  ]
}

function memoryBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Seconds that the folding alone takes. */
function foldAll(registry: Registry): number {
  let spentMs = 0
  for (let number = 1; number <= names / perBlock; number++) {
    const first = (number - 1) * perBlock
    const logs = Array.from({ length: perBlock }, (_, i) => registrationOf(first + i)).flat()
    const block = { number, hash: blockHash(number, 0), parentHash: blockHash(number - 1, 0), logs }
    const startedAt = realClock.now()
    registry.apply(block)
    spentMs += realClock.now() - startedAt
  }
  return spentMs / 1000
}

/** Labels as they come from a packet: flat strings of their own. */
function someLabels(): string[] {
  return Array.from({ length: lookups }, () =>
    Buffer.from(utf8(labelOf(integerBelow(random, names)))).toString('latin1'),
  )
}

/** ns a look-up, the best of three rounds. */
function timeLookups(read: (label: string) => string | undefined): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const labels = someLabels()
    let length = 0
    const startedAt = realClock.now()
    for (const label of labels) length += read(label)!.length
    best = Math.min(best, ((realClock.now() - startedAt) * 1e6) / lookups)
    if (length !== 78 * lookups) throw new Error('a look-up went wrong')
  }
  return Math.round(best)
}

const emptyBytes = memoryBytes()
const registry = createRegistry({ ...contracts, seed: 12345 })
const foldSeconds = Number(foldAll(registry).toFixed(2))
const bytesPerName = Math.round((memoryBytes() - emptyBytes) / names)
const lookupNs = timeLookups(label => registry.lookup(label, 0)?.contenthash)

function timeMap(): { seconds: number; bytes: number; lookupNs: number } {
  const before = memoryBytes()
  const map = new Map<string, string>()
  const startedAt = realClock.now()
  for (let i = 0; i < names; i++) map.set(labelOf(i), contentOf(i))
  const seconds = (realClock.now() - startedAt) / 1000
  const bytes = Math.round((memoryBytes() - before) / names)
  return { seconds, bytes, lookupNs: timeLookups(label => map.get(label)) }
}

function timeRestart(): { bytes: number; writtenMs: number; restoredMs: number } {
  let startedAt = realClock.now()
  const bytes = concatBytes([...registry.checkpoint()])
  const writtenMs = realClock.now() - startedAt
  startedAt = realClock.now()
  createRegistry({ ...contracts, seed: 54321 }).restore(bytes)
  return { bytes: bytes.length, writtenMs, restoredMs: realClock.now() - startedAt }
}

if (json) {
  console.log(JSON.stringify({ names, foldSeconds, bytesPerName, lookupNs }))
} else {
  const map = timeMap()
  const row = (what: string, ours: string, theirs: string): void =>
    console.log(`${what.padEnd(34)} ${ours.padStart(12)} ${theirs.padStart(14)}`)
  row(`${names.toLocaleString('en')} names`, 'registry', 'Map of strings')
  row('fill (the registry: decode, check)', `${foldSeconds} s`, `${map.seconds.toFixed(2)} s`)
  row('memory a name (the Map: content only)', `${bytesPerName} B`, `${map.bytes} B`)
  row('look-up', `${lookupNs} ns`, `${map.lookupNs} ns`)
  const restart = timeRestart()
  row('checkpoint', `${(restart.bytes / 1e6).toFixed(0)} MB`, '')
  row('checkpoint made', `${restart.writtenMs.toFixed(0)} ms`, '')
  row('checkpoint read and indexed', `${restart.restoredMs.toFixed(0)} ms`, '')
}
