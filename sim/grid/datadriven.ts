// Construction by data (VLDB 2005): peers part by load and by replicas, on keys that lie evenly or not at all evenly.
//
// 1024 peers bring ten keys each, and each key is at n_min random peers to begin with; n_min 5, delta_max 10 · n_min.
// Peers begin meetings in turn, half of them with somebody on their own way, and a meeting goes on with up to two
// acquaintances of the partner that are nearer; all of these are counted until 99 % of the bits of all final paths are
// there. The ideal is all peers divided in proportion to all keys, n_min at least to a side. The deviation is the root
// of the mean square of peers less ideal peers, over partitions, divided by the mean. Hops are of look-ups of existing
// keys from random peers, longest match first.

import { integerBelow, type Random, sample, seededRandom } from '../../base/random.ts'
import { byData, decide, type Meeter, peersAfter } from '../../overlay/grid/exchange.ts'
import { gridKeyOf } from '../../overlay/grid/key.ts'
import { fairShare } from '../../overlay/grid/partition.ts'
import { commonBits, type GridKey, type Path, pathBitsMax } from '../../overlay/grid/path.ts'
import { type Figure, mean } from '../scenario.ts'
import type { Section } from './section.ts'

type Peer = {
  path: Path
  peers: number
  keys: Set<GridKey>
  references: Peer[][]
  near: Peer[]
  useless: number
  /** It should part as soon as somebody parts with it. */
  isHeavy: boolean
}

const nMin = 5
const deltaMax = 10 * nMin
const keysEach = 10
const referencesMax = 10
const nearMax = 64
const stepsMax = 2
/** After so many useless meetings in a row a peer begins no more; EPFL has 9. */
const uselessMax = 9
/** Meetings of each peer after which nothing is expected to happen any more. */
const roundsMax = 60
const rule = byData({ nMin, deltaMax, bitsMax: pathBitsMax })

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
  story: 'Peers part where records are many, on even and uneven keys, and look-ups stay short.',
  play(seed, size) {
    const count = size === 'small' ? 256 : 1024
    const hops: number[] = []
    const figures = Object.entries(distributions).flatMap(([name, draw]): Figure[] => {
      const grid = new Grid(count, seededRandom(seed), draw)
      const meetings = grid.build()
      const { depth, loadRatio, deviation, least } = grid.shape()
      hops.push(grid.hops(size === 'small' ? 500 : 5000))
      return [
        { name: `${name}: mean depth`, value: depth, min: 1, max: 40 },
        {
          name: '  meetings per peer and bit of depth',
          value: meetings / count / depth,
          min: 0,
          max: 3,
          paper: '0.7 to 1.4',
        },
        { name: '  largest load over mean load', value: loadRatio, min: 1, max: 12 },
        { name: '  deviation of peers per partition', value: deviation, min: 0, max: 1 },
        { name: '  least peers of a partition', value: least, min: 1, max: count },
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
      return {
        path: '',
        peers: count,
        keys: new Set<GridKey>(),
        references: [],
        near: [],
        useless: 0,
        isHeavy: true,
      }
    })
    for (const key of this.#keys) for (const peer of sample(random, this.#peers, nMin)) peer.keys.add(key)
  }

  /** Meetings until 99 % of the final bits were there. */
  build(): number {
    const bitsAt: [meetings: number, bits: number][] = []
    for (let round = 0; round < roundsMax; round++)
      for (const peer of this.#peers) {
        if (peer.useless >= uselessMax && !peer.isHeavy) continue
        const near = peer.near.filter(({ path }) => path.startsWith(peer.path))
        const pool = near.length > 0 ? near : this.#peers
        const other = pool[integerBelow(this.#random, pool.length)]!
        const before = this.#bits
        if (other !== peer) this.#meet(peer, other, 0)
        peer.useless = this.#bits > before ? 0 : peer.useless + 1
        bitsAt.push([this.#meetings, this.#bits])
      }
    return bitsAt.find(([, bits]) => bits >= 0.99 * this.#bits)![0]
  }

  #meet(a: Peer, b: Peer, step: number): void {
    this.#meetings++
    const common = commonBits(a.path, b.path)
    for (let level = 0; level < common; level++) this.#share(a, b, level)
    if (common === Math.min(a.path.length, b.path.length)) this.#decide(a, b)
    this.#refer(a, b)
    this.#refer(b, a)
    this.#exchangeKeys(a, b)
    if (step >= stepsMax || commonBits(a.path, b.path) === a.path.length) return
    const known = [...b.references.slice(commonBits(a.path, b.path)).flat(), ...b.near]
    const [next] = best(
      known.filter(peer => peer !== a),
      a.path,
      commonBits(a.path, b.path),
    )
    if (next) this.#meet(a, next, step + 1)
  }

  #decide(a: Peer, b: Peer): void {
    const [mine, theirs] = this.#meeters(a, b)
    const after = decide(mine, theirs, this.#random.next(), rule)
    this.#move(a, mine, after.a, b)
    this.#move(b, theirs, after.b, a)
    a.isHeavy = b.isHeavy = a.path !== b.path || rule(mine, false) !== undefined
    if (a.path !== b.path) return
    // Replicas become equal once their place is settled; before, comparing samples is enough.
    if (!a.isHeavy) {
      a.keys = new Set([...a.keys, ...b.keys])
      b.keys = new Set(a.keys)
    }
    a.peers = b.peers = (a.peers + b.peers) / 2
  }

  /** Both count what the two have, as after comparing samples. Peers are counted by name where that is possible. */
  #meeters(a: Peer, b: Peer): [Meeter, Meeter] {
    const meeter = ({ path, peers, near }: Peer): Meeter => {
      let [zeros, ones] = [0, 0]
      for (const keys of [a.keys, b.keys])
        for (const key of keys) {
          if (!key.startsWith(path)) continue
          if (key[path.length] === '0') zeros++
          else ones++
        }
      const known = 1 + near.filter(other => other.path === path).length
      return { path, zeros, ones, peers: peers > nearMax ? Math.round(peers) : known }
    }
    return [meeter(a), meeter(b)]
  }

  #move(peer: Peer, before: Meeter, path: Path, other: Peer): void {
    if (path === before.path) return
    this.#bits += path.length - before.path.length
    peer.peers = peersAfter(before, path, nMin)
    peer.path = path
    peer.useless = 0
    peer.references[path.length - 1] = sample(
      this.#random,
      [...new Set([...(other.references[path.length - 1] ?? []), ...peer.near, ...other.near])].filter(
        ({ path: known }) => commonBits(path, known) === path.length - 1 && known.length >= path.length,
      ),
      referencesMax,
    )
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
        const home = key.startsWith(other.path) ? other : best(peer.references[level] ?? [], key, level)[0]
        if (!home) continue
        home.keys.add(key)
        peer.keys.delete(key)
      }
  }

  #share(a: Peer, b: Peer, level: number): void {
    const [ofA, ofB] = [a.references[level] ?? [], b.references[level] ?? []]
    if (ofA.length === referencesMax && ofB.length === referencesMax) return
    const union = [...new Set([...ofA, ...ofB])]
    a.references[level] = sample(this.#random, union, referencesMax)
    b.references[level] = sample(this.#random, union, referencesMax)
  }

  #refer(peer: Peer, other: Peer): void {
    const level = commonBits(peer.path, other.path)
    const isApart = level < peer.path.length && level < other.path.length
    const list = isApart ? (peer.references[level] ??= []) : peer.near
    const others = isApart ? [other] : [other, ...other.near]
    const known = [...new Set([...list, ...others])].filter(
      one => one !== peer && (isApart || one.path.startsWith(peer.path) || peer.path.startsWith(one.path)),
    )
    const kept = sample(this.#random, known, isApart ? referencesMax : nearMax)
    if (isApart) peer.references[level] = kept
    else peer.near = kept
  }

  shape(): { depth: number; loadRatio: number; deviation: number; least: number } {
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
    }
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
        const [next] = best(at.references[commonBits(at.path, key)] ?? [], key, commonBits(at.path, key))
        if (!next) return pathBitsMax // a level without references counts as the worst
        at = next
      }
    })
    return mean(all)
  }
}

/** Those that agree longest with `key`, and on more than `common` bits. */
function best(peers: readonly Peer[], key: GridKey, common: number): Peer[] {
  return peers
    .filter(({ path }) => commonBits(path, key) > common)
    .sort((a, b) => commonBits(b.path, key) - commonBits(a.path, key))
}
