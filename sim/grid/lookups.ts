// Look-ups of names with a Zipf load while peers come and go: 1,000 real machines on measured round trips.
//
// 128 partitions of about eight peers, 40,960 names, exponent .91 (the load of Beehive §4 and CoDoNS). 10 % of the
// peers go down each minute and are back a minute later with empty copies; references to them go stale for half a
// minute. Hops are counted from the asker: 0 is answered at home or from a copy. Then popularity is turned round.

import { type Random, seededRandom, shuffle } from '../../base/random.ts'
import { wideQueries } from '../../overlay/grid/ground.ts'
import { evenPaths, hashedGridKey, Trie, unsignedRecord } from '../../overlay/grid/testing-trie.ts'
import { type Figure, mean, quantile } from '../scenario.ts'
import { namesPerPeer } from './beehive.ts'
import type { Section, Size } from './section.ts'

const exponent = 0.91
type Scale = {
  peers: number
  depth: number
  names: number
  perSecond: number
  warmS: number
  measuredS: number
}
const scales: { readonly [size in Size]: Scale } = {
  small: { peers: 100, depth: 4, names: 1000, perSecond: 40, warmS: 45, measuredS: 15 },
  default: { peers: 1000, depth: 7, names: 40_960, perSecond: 150, warmS: 45, measuredS: 20 },
  full: { peers: 1000, depth: 7, names: 40_960, perSecond: 800, warmS: 240, measuredS: 120 },
}

export type Rtts = { readonly name: string; rttMs(a: number, b: number): number }

export function lookups(rtts: Rtts): Section {
  return {
    name: 'lookups',
    story: `Names with a Zipf(.91) load, 10 % churn a minute; round trips: ${rtts.name}.`,
    play(seed, size) {
      const scale = scales[size]
      const town = new Town(seed, scale, rtts)
      town.load(5)
      const before = town.load(15)
      town.load(scale.warmS)
      const after = town.load(scale.measuredS)
      const usage = town.usage()
      town.reverse()
      const turned = town.load(15)
      town.load(scale.warmS)
      const healed = town.load(scale.measuredS)
      const { peers, names } = scale
      const paper = namesPerPeer({ base: 4, exponent, names, peers, hops: 1 })
      const figures: Figure[] = [
        { name: 'hops before copies, mean', value: mean(before.hops), min: 0, max: 3, paper: 'Pastry 2.34' },
        { name: 'hops, median', value: quantile(after.hops, 0.5), min: 0, max: 1 },
        { name: 'hops, mean', value: mean(after.hops), min: 0, max: 1.2, paper: 'Beehive 0.98' },
        { name: 'milliseconds, median', value: quantile(after.tookMs, 0.5), min: 0, max: 300 },
        { name: 'milliseconds, 99th percentile', value: quantile(after.tookMs, 0.99), min: 0, max: 1000 },
        { name: 'found, %', value: after.foundPercent, min: 99.9, max: 100 },
        { name: 'frames a look-up', value: after.frames, min: 0, max: 12 },
        {
          name: 'copies a peer',
          value: usage.copies,
          min: 0,
          max: 420,
          paper: `Beehive 380; closed form ${Math.round(paper)}`,
        },
        { name: 'own names a peer', value: usage.own, min: 0, max: 2 * (names / 2 ** scale.depth) },
        { name: 'KiB of copies a peer', value: usage.copyKiB, min: 0, max: 1024 },
        { name: 'hops after reversal, mean', value: mean(turned.hops), min: 0, max: 3 },
        { name: 'hops healed, mean', value: mean(healed.hops), min: 0, max: 1.25 * mean(after.hops) },
      ]
      return { figures }
    },
  }
}

type Seen = { hops: number[]; tookMs: number[]; foundPercent: number; frames: number }

class Town {
  readonly #trie: Trie
  readonly #random: Random
  readonly #scale: Scale
  readonly #names: string[]
  readonly #begun = new Map<number, { asker: number; at: number }>()
  /** Summed weights of the ranks, for drawing from. */
  readonly #sums: Float64Array
  #seen: Seen & { found: number; ended: number } = fresh()
  #id = 0

  constructor(seed: number, scale: Scale, rtts: Rtts) {
    this.#scale = scale
    this.#random = seededRandom(seed)
    this.#names = shuffle(
      this.#random,
      Array.from({ length: scale.names }, (_, i) => `name/${i}`),
    )
    this.#sums = new Float64Array(scale.names)
    this.#names.forEach((_, i) => {
      this.#sums[i] = (this.#sums[i - 1] ?? 0) + (i + 1) ** -exponent
    })
    const cities = Array.from({ length: scale.peers }, () => Math.floor(this.#random.next() * 1e6))
    this.#trie = new Trie({
      ...{ seed, paths: evenPaths(scale.peers, scale.depth), gridKeyOf: hashedGridKey },
      tuning: { ...wideQueries, compareIntervalMs: 1e12, newcomersMax: 0, popularityIntervalMs: 20_000 },
      rttMs: (a, b) => rtts.rttMs(cities[a]!, cities[b]!),
    })
    const byPath = new Map<string, number[]>()
    for (const { index, reference } of this.#trie.peers)
      byPath.set(reference.path, [...(byPath.get(reference.path) ?? []), index])
    for (const record of this.#names.map(name => unsignedRecord(name)))
      for (const index of byPath.get(hashedGridKey(record.key).slice(0, scale.depth)) ?? [])
        this.#trie.peers[index]!.leaf.put(record)
    this.#trie.onSent = (_from, _to, { kind }) =>
      void ((kind === 'ask' || kind === 'answer') && this.#seen.frames++)
    this.#trie.onTold = (peer, event) => {
      const begun = event.kind === 'found' ? this.#begun.get(event.id) : undefined
      if (event.kind !== 'found' || begun?.asker !== peer.index) return
      this.#begun.delete(event.id)
      this.#seen.ended++
      if (event.outcome === 'here') this.#seen.found++
      this.#seen.hops.push(event.hops)
      this.#seen.tookMs.push(this.#trie.now - begun.at)
    }
  }

  /** What was popular is not, and what was not is. */
  reverse(): void {
    this.#names.reverse()
  }

  /** So many seconds of look-ups and churn. */
  load(seconds: number): Seen {
    this.#seen = fresh()
    const { peers, perSecond } = this.#scale
    for (let i = 0; i < seconds * perSecond; i++) {
      if (this.#random.next() < (peers * 0.1) / 60 / perSecond) this.#fail()
      this.#ask()
      this.#trie.run(1000 / perSecond)
    }
    const { ended, found, frames, hops, tookMs } = this.#seen
    return { hops, tookMs, frames: frames / ended, foundPercent: (100 * found) / ended }
  }

  usage(): { copies: number; own: number; copyKiB: number } {
    const { peers } = this.#trie
    const used = peers.map(({ queries }) => queries.copies())
    return {
      copies: mean(used.map(({ keys }) => keys)),
      copyKiB: mean(used.map(({ bytes }) => bytes / 1024)),
      own: mean(peers.map(({ leaf }) => leaf.count(''))),
    }
  }

  #ask(): void {
    const asker = this.#anyUp()
    const id = this.#id++
    this.#begun.set(id, { asker, at: this.#trie.now })
    const peer = this.#trie.peers[asker]!
    this.#trie.do(peer, peer.queries.lookup(id, this.#names[this.#rank()]!, this.#trie.now))
  }

  /** Its look-ups end with it. */
  #fail(): void {
    const index = this.#anyUp()
    this.#trie.setUp(index, false)
    for (const [id, { asker }] of this.#begun) if (asker === index) this.#begun.delete(id)
    this.#trie.at(this.#trie.now + 60_000, () => this.#trie.restart(index))
  }

  #anyUp(): number {
    for (;;) {
      const index = Math.floor(this.#random.next() * this.#trie.peers.length)
      if (this.#trie.peers[index]!.isUp) return index
    }
  }

  #rank(): number {
    const wanted = this.#random.next() * this.#sums.at(-1)!
    let low = 0
    let high = this.#sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sums[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

function fresh(): Seen & { found: number; ended: number } {
  return { hops: [], tookMs: [], foundPercent: 0, frames: 0, found: 0, ended: 0 }
}
