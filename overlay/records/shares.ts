// Shares: who takes how much of a full leaf, and who gives way to a newcomer.
//
// As in fair queueing, anybody may use what nobody else wants, and whoever is over its share gives way when it is
// wanted. What only its publisher vouches for gives way first: in the space that is most over its share, of the owner
// that takes most, the one renewed longest ago. So a flood displaces itself, however many keys it uses; and a flood by
// many identities displaces nothing that is proved. Proved names give way to proved names only, and
// in return never take more than their share, or a million names would leave no room for who holds them.
//
// Owners are kept in classes of doubling size, so that the largest is found by looking at the topmost class: right
// within a factor of two, without a heap to be kept in order at each put.

import { type SpaceName, spaces } from './spaces.ts'

/** What the books know of a record; the entry itself, so that a victim is one. */
export type Charged = {
  readonly space: SpaceName
  readonly owner: string
  /** 0: nobody but its publisher vouches for it. */
  readonly proofHeight: number
  readonly bytes: number
}

/** An entry is a link in the list of its owner, which costs a fifth of a Set when owners have one entry each. */
export type Linked<Entry> = { older: Entry | undefined; newer: Entry | undefined }

/** What one owner has in one space, from the one renewed longest ago to the newest. */
type Holding<Entry> = { bytes: number; oldest: Entry | undefined; newest: Entry | undefined }
type Pool<Entry> = { readonly owners: Map<string, Holding<Entry>>; readonly classes: Set<Holding<Entry>>[] }
type Account<Entry> = { bytes: number; readonly loose: Pool<Entry>; readonly proved: Pool<Entry> }

const spaceNames = Object.keys(spaces) as SpaceName[]

export class Shares<Entry extends Charged & Linked<Entry>> {
  readonly #bytesMax: number
  readonly #accounts = new Map<SpaceName, Account<Entry>>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    for (const name of spaceNames) this.#accounts.set(name, { bytes: 0, loose: pool(), proved: pool() })
  }

  get bytes(): number {
    return this.#bytes
  }

  bytesOf(space: SpaceName): number {
    return this.#accounts.get(space)!.bytes
  }

  add(entry: Entry): void {
    const account = this.#accounts.get(entry.space)!
    const { owners, classes } = poolOf(account, entry)
    const holding = owners.get(entry.owner) ?? { bytes: 0, oldest: undefined, newest: undefined }
    owners.set(entry.owner, holding)
    append(holding, entry)
    grow(classes, holding, entry.bytes)
    account.bytes += entry.bytes
    this.#bytes += entry.bytes
  }

  remove(entry: Entry): void {
    const account = this.#accounts.get(entry.space)!
    const { owners, classes } = poolOf(account, entry)
    const holding = owners.get(entry.owner)!
    unlink(holding, entry)
    if (holding.oldest === undefined) owners.delete(entry.owner)
    grow(classes, holding, -entry.bytes)
    account.bytes -= entry.bytes
    this.#bytes -= entry.bytes
  }

  /** Takes off the books whatever must give way to the newcomer; undefined, and nothing changed, when that is the
   *  newcomer itself. */
  makeRoom(newcomer: Charged): Entry[] | undefined {
    const gone: Entry[] = []
    const shareMax = this.#bytesMax * spaces[newcomer.space].share
    for (;;) {
      const isOverShare = this.bytesOf(newcomer.space) + newcomer.bytes > shareMax
      const isCapped = spaces[newcomer.space].isProved && isOverShare
      if (!isCapped && this.#bytes + newcomer.bytes <= this.#bytesMax) return gone
      const victim = isCapped ? this.#largest(newcomer.space, true, newcomer) : this.#victim(newcomer)
      if (victim === undefined) break
      this.remove(victim)
      gone.push(victim)
    }
    for (const entry of gone) this.add(entry)
    return undefined
  }

  #victim(newcomer: Charged): Entry | undefined {
    const loose = this.#mostOver(newcomer, false)
    if (loose !== undefined) return this.#largest(loose, false, newcomer)
    const proved = newcomer.proofHeight > 0 ? this.#mostOver(newcomer, true) : undefined
    return proved === undefined ? undefined : this.#largest(proved, true, newcomer)
  }

  /** The space most over its share, the newcomer counted in, among those with something to give. */
  #mostOver(newcomer: Charged, isProved: boolean): SpaceName | undefined {
    let most = 0
    let found: SpaceName | undefined
    for (const [name, account] of this.#accounts) {
      const { owners } = isProved ? account.proved : account.loose
      const isOurs = name === newcomer.space
      if (spaces[name].isProved || (owners.size === 0 && !(isOurs && newcomer.proofHeight > 0 === isProved)))
        continue
      const over = (account.bytes + (isOurs ? newcomer.bytes : 0)) / spaces[name].share
      if (over > most) {
        most = over
        found = name
      }
    }
    return found
  }

  /** The oldest of the largest owner; undefined when the newcomer's owner would be no smaller. */
  #largest(space: SpaceName, isProved: boolean, newcomer: Charged): Entry | undefined {
    const account = this.#accounts.get(space)!
    const { owners, classes } = isProved ? account.proved : account.loose
    const top = classes.findLastIndex(holdings => holdings !== undefined && holdings.size > 0)
    if (top < 0) return undefined
    const isOneOfThem = newcomer.space === space && newcomer.proofHeight > 0 === isProved
    const own = owners.get(newcomer.owner)?.bytes ?? 0
    if (isOneOfThem && classOf(own + newcomer.bytes) >= top) return undefined
    return classes[top]!.values().next().value!.oldest
  }
}

function pool<Entry>(): Pool<Entry> {
  return { owners: new Map(), classes: [] }
}

function poolOf<Entry>(account: Account<Entry>, { proofHeight }: Charged): Pool<Entry> {
  return proofHeight > 0 ? account.proved : account.loose
}

function append<Entry extends Linked<Entry>>(holding: Holding<Entry>, entry: Entry): void {
  entry.older = holding.newest
  entry.newer = undefined
  if (holding.newest) holding.newest.newer = entry
  else holding.oldest = entry
  holding.newest = entry
}

function unlink<Entry extends Linked<Entry>>(holding: Holding<Entry>, { older, newer }: Entry): void {
  if (older) older.newer = newer
  else holding.oldest = newer
  if (newer) newer.older = older
  else holding.newest = older
}

/** ⌊log2⌋. */
function classOf(bytes: number): number {
  return 31 - Math.clz32(bytes)
}

function grow<Entry>(classes: Set<Holding<Entry>>[], holding: Holding<Entry>, bytes: number): void {
  if (holding.bytes > 0) classes[classOf(holding.bytes)]!.delete(holding)
  holding.bytes += bytes
  if (holding.bytes > 0) (classes[classOf(holding.bytes)] ??= new Set()).add(holding)
}
