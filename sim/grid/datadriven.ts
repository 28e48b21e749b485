// Construction by data (VLDB 2005): peers part by load and by replicas, on keys that lie evenly or not at all evenly.
//
// 1024 peers bring ten keys each, and each key is at n_min random peers to begin with; n_min 5, delta_max 10 · n_min.
// Rounds take the place of time: a peer begins a meeting when its pause is over, and useless ones double the pause, as
// in the machines. The first after a move are with somebody on its own way, later half are at random; a meeting goes on
// with up to two acquaintances of the partner that are nearer. All of these are counted until 99 % of the bits of all
// final paths are there; that a peer tells those near that it has moved is no meeting. Beside it is what the closed
// forms of the paper add up to over the splits of the same trie. The ideal is all peers divided in proportion to all
// keys, n_min at least to a side. The deviation is the root of the mean square of peers less ideal peers, over
// partitions, divided by the mean. Hops are of look-ups of existing keys from random peers, longest match first.

import { integerBelow, type Random, sample, seededRandom } from '../../base/random.ts'
import { byData, decide, descend, type Meeter, peersAfter } from '../../overlay/grid/exchange.ts'
import { gridKeyOf } from '../../overlay/grid/key.ts'
import { fairShare, partition } from '../../overlay/grid/partition.ts'
import { commonBits, type GridKey, type Path, pathBitsMax } from '../../overlay/grid/path.ts'
import { type Figure, mean } from '../scenario.ts'
import { meetingsOf } from './parting.ts'
import type { Section } from './section.ts'

type Peer = {
  path: Path
  /** Peers of its path: reckoned while there are too many to know them by name. */
  peers: number
  readonly keys: Set<GridKey>
  readonly references: Set<Peer>[]
  /** On the same way: replicas, and those above and below. */
  readonly near: Set<Peer>
  /** Rounds until the next meeting that it begins, and which that is. */
  gap: number
  due: number
}

const nMin = 5
const deltaMax = 10 * nMin
const keysEach = 10
const referencesMax = 10
const replicasMax = 64
const stepsMax = 2
const toldMax = 32
/** Meetings that bring nothing double the pause up to this, as in the machines. */
const gapMax = 16
const roundsMax = 60
const rule = byData({ nMin, deltaMax, bitsMax: pathBitsMax, replicasMax })

const fractionBits = (x: number): GridKey =>
  Math.floor(Math.min(x, 1 - 2 ** -48) * 2 ** 48)
    .toString(2)
    .padStart(48, '0')

const distributions: { readonly [name: string]: (random: Random) => GridKey } = {
  uniform: random => fractionBits(random.next()),
  Zipf: random => fractionBits(1e4 ** (random.next() - 1)), // density 1/x over four decades
  Pareto: random => fractionBits(((1 - random.next()) ** (-1 / 1.5) - 1) / 100),
  domains: random => gridKeyOf(`name/inxt/${domain(random)}`),
}

/** Words of syllables, one in four of two words, as host names are. */
function domain(random: Random): string {
  const pick = (text: string): string => text[integerBelow(random, text.length)]!
  const word = (): string => {
    let text = ''
    for (let i = 2 + integerBelow(random, 3); i > 0; i--)
      text += pick('bcdfghjlmmnnprrsssttvw') + pick('aaeeeiiou')
    return text
  }
  return random.next() < 0.25 ? `${word()}-${word()}` : word()
}

export const dataDriven: Section = {
  name: 'data-driven',
  isHeadline: true,
  story: 'Peers part where records are many, on even and uneven keys, and look-ups stay short.',
  play(seed, size) {
    const count = size === 'small' ? 256 : 1024
    const hops: number[] = []
    const figures = Object.entries(distributions).flatMap(([name, draw]): Figure[] => {
      const grid = new Grid(count, seededRandom(seed), draw)
      const meetings = grid.build()
      const { depth, loadRatio, deviation, least, paperCost } = grid.shape()
      hops.push(grid.hops(size === 'small' ? 500 : 5000))
      return [
        { name: `${name}: mean depth`, value: depth, min: 1, max: 40 },
        {
          name: '  meetings per peer and bit of depth',
          value: meetings / count / depth,
          min: 0,
          max: size === 'small' ? 2 : 1.4,
          paper: `0.7 to 1.4; its sum here ${paperCost.toFixed(2)}`,
        },
        { name: '  largest load over mean load', value: loadRatio, min: 1, max: 6 },
        { name: '  deviation of peers per partition', value: deviation, min: 0, max: 0.5 },
        { name: '  least peers of a partition', value: least, min: 3, max: count },
        { name: '  mean hops', value: hops.at(-1)!, min: 0, max: Math.log2(count), paper: '< log2 n' },
      ]
    })
    return { figures, headline: { hopsMean: mean(hops) } }
  },
}

class Grid {
  readonly #peers: Peer[]
  readonly #keys: GridKey[]
  readonly #random: Random
  #bits = 0
  #meetings = 0

  constructor(count: number, random: Random, draw: (random: Random) => GridKey) {
    this.#random = random
    this.#keys = Array.from({ length: count * keysEach }, () => draw(random)).sort()
    this.#peers = Array.from({ length: count }, () => {
      const known = { keys: new Set<GridKey>(), references: [], near: new Set<Peer>() }
      return { path: '', peers: count, ...known, gap: 1, due: 0 }
    })
    for (const key of this.#keys) for (const peer of sample(random, this.#peers, nMin)) peer.keys.add(key)
  }

  /** Meetings until 99 % of the final bits were there. */
  build(): number {
    const bitsAt: [meetings: number, bits: number][] = []
    for (let round = 0; round < roundsMax; round++)
      for (const peer of this.#peers) {
        if (peer.due > round) continue
        peer.due = round + peer.gap
        peer.gap = Math.min(2 * peer.gap, gapMax)
        const isClose = peer.near.size > 0 && (peer.gap <= 2 || this.#random.next() < 0.5)
        const pool = isClose ? [...peer.near] : this.#peers
        const other = pool[integerBelow(this.#random, pool.length)]!
        if (other !== peer) this.#meet(peer, other, 0)
        bitsAt.push([this.#meetings, this.#bits])
      }
    return bitsAt.find(([, bits]) => bits >= 0.99 * this.#bits)![0]
  }

  #meet(a: Peer, b: Peer, step: number): void {
    this.#meetings++
    const [ofA, ofB] = [knownTo(a), knownTo(b)]
    this.#learn(a, ofB)
    this.#learn(b, ofA)
    if (a.path.startsWith(b.path) || b.path.startsWith(a.path)) this.#decide(a, b)
    this.#exchangeKeys(a, b)
    const common = commonBits(a.path, b.path)
    if (a.gap > 4 || step >= stepsMax || common === a.path.length) return
    const next = best(
      ofB.filter(peer => peer !== a),
      a.path,
      common,
    )
    if (next.length > 0) this.#meet(a, next[integerBelow(this.#random, next.length)]!, step + 1)
  }

  /** Replicas count what the two have together, as after comparing samples. */
  #decide(a: Peer, b: Peer): void {
    const keys = [...a.keys, ...b.keys]
    const [mine, theirs] = [a, b].map(peer => meeterOf(peer, a.path === b.path ? keys : peer.keys)) as [
      Meeter,
      Meeter,
    ]
    const after = decide(mine, theirs, this.#random.next(), rule)
    this.#move(a, mine, after.a)
    this.#move(b, theirs, after.b)
    if (a.path === b.path) a.peers = b.peers = (a.peers + b.peers) / 2
  }

  #move(peer: Peer, before: Meeter, path: Path): void {
    if (path === before.path) return
    const all = knownTo(peer)
    const standing = (at: Path) => standingOf(at, all, peer.keys)
    const next = { path, peers: peersAfter(before, path, nMin), ...standing(path) }
    const after = descend(next, standing, nMin, this.#random)
    this.#bits += after.path.length - before.path.length
    Object.assign(peer, { path: after.path, peers: after.peers, gap: 1, due: 0 })
    const near = [...peer.near]
    // Who is told, and stands where it stood, is to decide as well.
    for (const other of sample(this.#random, near, toldMax))
      if (other.path !== peer.path && peer.path.startsWith(other.path))
        Object.assign(other, { gap: 1, due: 0 })
    peer.near.clear()
    this.#learn(peer, near)
  }

  /** Each keeps what it answers for, if the other or a reference takes the rest. */
  #exchangeKeys(a: Peer, b: Peer): void {
    for (const [peer, other] of [
      [a, b],
      [b, a],
    ] as const)
      for (const key of peer.keys) {
        if (key.startsWith(peer.path)) continue
        const level = commonBits(peer.path, key)
        const home = best([other, ...(peer.references[level] ?? [])], key, level)[0]
        if (!home) continue
        home.keys.add(key)
        peer.keys.delete(key)
      }
    if (a.path !== b.path) return
    for (const key of a.keys) b.keys.add(key)
    for (const key of b.keys) a.keys.add(key)
  }

  #learn(peer: Peer, others: readonly Peer[]): void {
    for (const other of others) {
      if (other === peer) continue
      const level = commonBits(peer.path, other.path)
      const isApart = level < peer.path.length && level < other.path.length
      const known = isApart ? (peer.references[level] ??= new Set()) : peer.near
      peer.near.delete(other)
      known.add(other)
      if (known.size > (isApart ? referencesMax : 2 * replicasMax))
        known.delete([...known][integerBelow(this.#random, known.size)]!)
    }
  }

  shape(): { depth: number; loadRatio: number; deviation: number; least: number; paperCost: number } {
    const groups = Map.groupBy(this.#peers, ({ path }) => path)
    const sizes = [...groups.values()].map(peers => peers.length)
    const loads = [...groups.keys()].map(path => this.#under(path).length).filter(load => load > 0)
    const ideal = new Map(this.#ideal('', this.#peers.length, this.#keys))
    const gaps = [...ideal].map(([path, peers]) => {
      const here = this.#peers.reduce((sum, peer) => {
        if (peer.path.startsWith(path)) return sum + 1
        return path.startsWith(peer.path) ? sum + 2 ** (peer.path.length - path.length) : sum
      }, 0)
      return (here - peers) ** 2
    })
    return {
      depth: this.#bits / this.#peers.length,
      loadRatio: Math.max(...loads) / mean(loads),
      deviation: Math.sqrt(mean(gaps)) / mean([...ideal.values()]),
      least: Math.min(...sizes),
      paperCost: this.#costUnder('', this.#peers, this.#keys) / this.#bits,
    }
  }

  /** Meetings that the paper's chances need for the splits of this trie, each by its own closed form. */
  #costUnder(path: Path, peers: readonly Peer[], keys: readonly GridKey[]): number {
    const sides = ['0', '1'].map(bit => peers.filter(peer => peer.path.startsWith(path + bit)))
    if (sides.every(side => side.length === 0)) return 0
    const under = ['0', '1'].map(bit => keys.filter(key => key.startsWith(path + bit)))
    const share = fairShare(under[0]!.length, under[1]!.length, peers.length, nMin)
    const below = [0, 1].map(side => this.#costUnder(path + side, sides[side]!, under[side]!))
    return peers.length * meetingsOf(partition(share).both) + below[0]! + below[1]!
  }

  #ideal(path: Path, peers: number, keys: readonly GridKey[]): [Path, number][] {
    if (peers < 2 * nMin || (keys.length <= deltaMax && peers < 4 * nMin) || path.length >= 40)
      return [[path, peers]]
    const zeros = keys.filter(key => key.startsWith(`${path}0`))
    const ones = keys.filter(key => key.startsWith(`${path}1`))
    const share = fairShare(zeros.length, ones.length, peers, nMin)
    return [
      ...this.#ideal(`${path}0`, peers * share, zeros),
      ...this.#ideal(`${path}1`, peers * (1 - share), ones),
    ]
  }

  #under(path: Path): readonly GridKey[] {
    return this.#keys.filter(key => key.startsWith(path))
  }

  hops(count: number): number {
    const all = Array.from({ length: count }, () => {
      const key = this.#keys[integerBelow(this.#random, this.#keys.length)]!
      let at = this.#peers[integerBelow(this.#random, this.#peers.length)]!
      for (let hops = 0; ; hops++) {
        if (key.startsWith(at.path)) return hops
        const [next] = best(
          [...(at.references[commonBits(at.path, key)] ?? [])],
          key,
          commonBits(at.path, key),
        )
        if (!next) return pathBitsMax // a level without references counts as the worst
        at = next
      }
    })
    return mean(all)
  }
}

function knownTo(peer: Peer): Peer[] {
  return [peer, ...peer.near, ...peer.references.flatMap(level => [...level])]
}

/** Peers are counted by name where that is possible. */
function meeterOf({ path, peers, near }: Peer, keys: Iterable<GridKey>): Meeter {
  const known = 1 + [...near].filter(other => other.path.startsWith(path)).length
  return { path, peers: peers > replicasMax ? Math.round(peers) : known, ...standingOf(path, near, keys) }
}

function standingOf(path: Path, known: Iterable<Peer>, keys: Iterable<GridKey>) {
  const sides = (texts: Iterable<string>): [zeros: number, ones: number] => {
    const counts: [number, number] = [0, 0]
    for (const text of texts)
      if (text.length > path.length && text.startsWith(path)) counts[Number(text[path.length])]!++
    return counts
  }
  const [zeros, ones] = sides(keys)
  return { zeros, ones, gone: sides(Array.from(known, peer => peer.path)) }
}

/** Those that agree longest with `key`, and on more than `common` bits. */
function best(peers: readonly Peer[], key: GridKey, common: number): Peer[] {
  return peers
    .filter(({ path }) => commonBits(path, key) > common)
    .sort((a, b) => commonBits(b.path, key) - commonBits(a.path, key))
}
