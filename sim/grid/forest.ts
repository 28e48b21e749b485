// A forest: real structure machines on a virtual network, through the real codec, with one virtual clock.
//
// Membership is a stand-in: everybody hears of a start or a death after `noticeMs`. So is the exchange of records among
// replicas, which the other half of the grid does for real: now and then each peer copies what a random replica has.
// Records are unsigned, since nobody here looks at signatures.

import { createHash } from 'node:crypto'
import { integerBelow, type Random, seededRandom } from '../../base/random.ts'
import { gridKeyOf } from '../../overlay/grid/key.ts'
import { covers } from '../../overlay/grid/path.ts'
import { Structure, type StructureEffect } from '../../overlay/grid/structure.ts'
import type { StructureTuning } from '../../overlay/grid/structure-options.ts'
import { decodeStructure, encodeStructure } from '../../overlay/grid/structure-wire.ts'
import { type PeerId, peerIdOf } from '../../overlay/peer.ts'
import type { Record } from '../../overlay/records/record.ts'
import { Heap } from '../heap.ts'
import { PlainLeaf } from './plain-leaf.ts'

export type Tree = {
  readonly id: PeerId
  readonly random: Random
  machine: Structure
  leaf: PlainLeaf
  isRunning: boolean
  wakeSetAt: number
  sentFrames: number
  sentBytes: number
}

export type ForestOptions = {
  seed: number
  size: number
  tuning: StructureTuning
  noticeMs?: number
  syncMs?: number
}

const address = { host: '10.0.0.1', port: 7000 }
const latencyMs = 5

export class Forest {
  now = 0
  readonly trees: Tree[]
  readonly random: Random
  readonly #options: Required<ForestOptions>
  readonly #heap = new Heap()
  readonly #byId: Map<PeerId, Tree>
  readonly #places = new Map<string, string>()
  #members: { id: PeerId; host: string; port: number }[] = []

  constructor(options: ForestOptions) {
    this.#options = { noticeMs: 500, syncMs: 2000, ...options }
    this.random = seededRandom(options.seed)
    this.trees = Array.from({ length: options.size }, (_, index) => {
      const id = peerIdOf(createHash('sha256').update(`tree ${index}`).digest())
      const random = seededRandom(Math.imul(options.seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77))
      const leaf = new PlainLeaf(this.placeOf)
      const counts = { isRunning: false, wakeSetAt: Number.POSITIVE_INFINITY, sentFrames: 0, sentBytes: 0 }
      return { id, random, leaf, machine: this.#machine(id, random, leaf), ...counts }
    })
    this.#byId = new Map(this.trees.map(tree => [tree.id, tree]))
  }

  readonly placeOf = (key: string): string => {
    const place = this.#places.get(key) ?? gridKeyOf(key)
    this.#places.set(key, place)
    return place
  }

  /** Starts a tree with nothing but what its leaf has. */
  start(tree: Tree): void {
    tree.machine = this.#machine(tree.id, tree.random, tree.leaf)
    tree.isRunning = true
    tree.wakeSetAt = Number.POSITIVE_INFINITY
    this.#setWake(tree)
    this.#notice()
    this.#sync(tree)
  }

  kill(tree: Tree): void {
    tree.isRunning = false
    this.#notice()
  }

  running(): Tree[] {
    return this.trees.filter(tree => tree.isRunning)
  }

  /** Put where it belongs, at up to `copies` of those who answer for it. */
  store(record: Record, copies: number): void {
    const homes = this.homesOf(record.key)
    for (let i = 0; i < copies && homes.length > 0; i++)
      homes.splice(integerBelow(this.random, homes.length), 1)[0]!.leaf.put(record)
  }

  homesOf(key: string): Tree[] {
    return this.running().filter(tree => covers(tree.machine.self().path, this.placeOf(key)))
  }

  at(time: number, action: () => void): void {
    this.#heap.push(time, action)
  }

  /** The virtual ms until `isDone`, asked every `stepMs`; `Infinity` when `limitMs` went by first. */
  runUntil(isDone: () => boolean, limitMs: number, stepMs = 100): number {
    const startAt = this.now
    while (this.now < startAt + limitMs) {
      if (isDone()) return this.now - startAt
      this.run(stepMs)
    }
    return isDone() ? this.now - startAt : Number.POSITIVE_INFINITY
  }

  run(durationMs: number): void {
    const endAt = this.now + durationMs
    while (this.#heap.nextAt() <= endAt) {
      const event = this.#heap.pop()!
      this.now = event.at
      event.action()
    }
    this.now = endAt
  }

  #machine(peer: PeerId, random: Random, leaf: PlainLeaf): Structure {
    const members = (): readonly { id: PeerId; host: string; port: number }[] => this.#membersFor(peer)
    return new Structure(
      { tuning: this.#options.tuning, self: { peer, ...address }, random, leaf, members },
      this.now,
    )
  }

  readonly #views = new Map<
    PeerId,
    { from: unknown; list: readonly { id: PeerId; host: string; port: number }[] }
  >()

  #membersFor(peer: PeerId): readonly { id: PeerId; host: string; port: number }[] {
    const known = this.#views.get(peer)
    if (known?.from === this.#members) return known.list
    const list = this.#members.filter(({ id }) => id !== peer)
    this.#views.set(peer, { from: this.#members, list })
    return list
  }

  #notice(): void {
    this.at(this.now + this.#options.noticeMs, () => {
      const running = this.running()
      if (
        running.length === this.#members.length &&
        running.every(({ id }, i) => id === this.#members[i]!.id)
      )
        return
      this.#members = running.map(({ id }) => ({ id, ...address }))
      for (const tree of running) this.#do(tree, tree.machine.membersChanged(this.now))
    })
  }

  #sync(tree: Tree): void {
    this.at(this.now + this.#options.syncMs * (0.5 + this.random.next()), () => {
      if (!tree.isRunning) return
      const replicas = tree.machine.replicas()
      const other = this.#byId.get(replicas[integerBelow(this.random, replicas.length)]?.peer ?? '')
      const { path } = tree.machine.self()
      if (other?.isRunning)
        for (const record of other.leaf.range(path, undefined, other.leaf.count(path))) tree.leaf.put(record)
      this.#sync(tree)
    })
  }

  #do(tree: Tree, effects: readonly StructureEffect[]): void {
    for (const effect of effects) {
      if (effect.do === 'tell') continue
      const bytes = encodeStructure(effect.message)
      const to = this.#byId.get(effect.to)!
      tree.sentFrames++
      tree.sentBytes += bytes.length
      this.at(this.now + latencyMs * (1 + this.random.next()), () => {
        if (to.isRunning) this.#do(to, to.machine.receive(decodeStructure(bytes), tree.id, this.now))
      })
    }
    this.#setWake(tree)
  }

  #setWake(tree: Tree): void {
    const wakeAt = tree.machine.wakeAt()
    if (!tree.isRunning || wakeAt >= tree.wakeSetAt) return
    tree.wakeSetAt = wakeAt
    this.at(Math.max(wakeAt, this.now), () => {
      if (tree.wakeSetAt !== wakeAt) return
      tree.wakeSetAt = Number.POSITIVE_INFINITY
      if (tree.isRunning) this.#do(tree, tree.machine.wake(this.now))
    })
  }
}
