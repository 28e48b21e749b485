// A zone that signs itself while it answers: any zone, seen through an online signer.
//
// The ladder asks a signed zone for sets with signatures and for proofs of absence; both are made here when asked
// for. A name that is not there is denied compactly, as if it were there with nothing but NXNAME (RFC 9824), or by
// two records that cover just it and its wildcard (RFC 4470). A wildcard's answer proves with such a record that
// nothing is nearer: signing it under the name that was asked would cost a signature for each name that strangers
// think of.

import { assert } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { childOf, foldCase, labelsOf, type Name, nameBytesMax, parentOf, rootName } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import { type Denial, wildcardOf } from '../zone/denial.ts'
import type { Rrset } from '../zone/rrset.ts'
import type { Cut, NodeSet, Zone, ZoneNode } from '../zone/zone.ts'
import { nsecSet } from './nsec.ts'
import { nameBeyond, type OnlineSigner } from './online.ts'

export interface OnlineZoneOptions {
  /**
   * How a name that is not there is denied: `compact` by one NSEC (RFC 9824), `covering` by two that cover the name
   * and the wildcard (RFC 4470), which keeps NXDOMAIN.
   */
  readonly denial: 'compact' | 'covering'
  /** Signs the zone's sets. */
  readonly signer: OnlineSigner
  /** Signs `keySets`; the same with one key for both. */
  readonly keySigner: OnlineSigner
  /** DNSKEY, and CDS and CDNSKEY if the parent reads them; at the apex, not signed. */
  readonly keySets: readonly Rrset[]
  /** Seconds since the epoch. */
  readonly nowS: () => number
  /** Of a zone with sites: how their edges are answered. */
  readonly site?: SiteAnswers
}

export interface SiteAnswers {
  readonly ttlS: number
  /** Which of A, AAAA and HTTPS there is an edge for now; what is not among them is denied. */
  types(): readonly number[]
}

/** Types that a computed node may have; one from records says itself what it has. */
const probed = [types.A, types.NS, types.SOA, types.CNAME, types.TXT, types.AAAA, types.HTTPS, types.CAA]

/** `zone` must not be signed already. What is in `options` is read again for each answer, so keys may change. */
export function signOnline(zone: Zone, options: OnlineZoneOptions): Zone {
  assert(zone.denial === undefined, 'a zone that is signed is not signed again')
  // Zones make their nodes anew for each question: there is nothing by which to know one again.
  const wrap = (node: ZoneNode, name: Name): OnlineNode => {
    const { cut } = node
    const own = new OnlineNode(name, node, options, name === zone.apex)
    if (cut !== undefined) own.cut = cut.name === name ? own : wrap(cut, cut.name)
    return own
  }
  // Signatures are over names in lower case: however a question spells the apex, they are the same.
  const nodeOf = (name: Name): OnlineNode | undefined => {
    const node = zone.node(name, zone.apex)
    return node && wrap(node, name)
  }
  return {
    apex: zone.apex,
    node: nodeOf,
    soa: () => options.signer.sign(zone.soa(zone.apex), options.nowS()),
    denial: denialOf(zone, name => nodeOf(name)?.present ?? [], options),
  }
}

type SiteSet = Extract<NodeSet, { kind: 'site' }>

class OnlineNode implements Cut {
  readonly name: Name
  cut: OnlineNode | undefined = undefined
  private readonly node: ZoneNode
  private readonly options: OnlineZoneOptions
  private readonly isApex: boolean

  constructor(name: Name, node: ZoneNode, options: OnlineZoneOptions, isApex: boolean) {
    this.name = name
    this.node = node
    this.options = options
    this.isApex = isApex
  }

  private get keySets(): readonly Rrset[] {
    return this.isApex ? this.options.keySets : []
  }

  get empty(): boolean {
    return this.node.empty && this.keySets.length === 0
  }

  rrset(type: number): NodeSet | undefined {
    const { signer, keySigner, nowS } = this.options
    const keys = this.keySets.find(set => set.type === type)
    if (keys !== undefined) return keySigner.sign(keys, nowS())
    const set = this.node.rrset(type)
    if (set === undefined || !this.isOurs(type)) return set
    if ('data' in set) return signer.sign(this.owned(set), nowS())
    return set.kind === 'site' ? this.placed(set, type) : set
  }

  /** A computed set leaves its owner to whoever asks for it; what is signed has one. */
  private owned(set: Rrset): Rrset {
    return set.name === rootName && this.name !== rootName ? { ...set, name: this.name } : set
  }

  /** The edges of a site, signed once for each choice of them, in whatever order they are named. */
  private placed(set: SiteSet, type: number): NodeSet | undefined {
    const { site, signer, nowS } = this.options
    if (site === undefined || set.signed !== undefined) return set
    if (!site.types().includes(type)) return undefined
    const signed = (data: readonly RecordData[]): Rrset | undefined => {
      if (data.length === 0) return undefined
      const sorted = data.toSorted((a, b) => Buffer.compare(dataOctets(a), dataOctets(b)))
      const bare = { name: this.name, type, ttlS: site.ttlS, data: sorted, signatures: [] }
      return { ...signer.sign(bare, nowS()), data }
    }
    return { ...set, signed }
  }

  get sets(): readonly Rrset[] {
    const own = this.present.map(type => this.rrset(type))
    return own.filter((set): set is Rrset => set !== undefined && 'data' in set)
  }

  /** Of a delegation, only the DS is this zone's. */
  private isOurs(type: number): boolean {
    return this.cut === undefined || (this.cut === this && type === types.DS)
  }

  /** What an NSEC at this name says, without RRSIG and NSEC. */
  get present(): readonly number[] {
    const own = this.node.sets?.map(({ type }) => type) ?? probed.filter(type => this.has(type))
    const seen = this.cut === undefined ? own : own.filter(type => type === types.NS || type === types.DS)
    return [...seen, ...this.keySets.map(({ type }) => type)]
  }

  private has(type: number): boolean {
    const set = this.node.rrset(type)
    if (set === undefined || 'data' in set || set.kind === 'unready') return set !== undefined
    return this.placed(set, type) !== undefined
  }
}

function denialOf(
  zone: Zone,
  presentAt: (name: Name) => readonly number[],
  options: OnlineZoneOptions,
): Denial {
  const { denial, nowS } = options
  const ttlS = (): number => zone.soa(zone.apex).ttlS
  const deny = (name: Name, present: readonly number[] | 'none'): Rrset =>
    options.signer.deny({ name, present, ttlS: ttlS() }, nowS())
  /** Denies `name` and all below it. A validator takes what both ends have in common for the closest encloser. */
  const cover = (name: Name): Rrset => {
    const before = nameBefore(name)
    const present = before === parentOf(name) ? presentAt(before) : []
    return options.signer.sign(nsecSet(before, nameBeyond(name), present, ttlS()), nowS())
  }
  const nearer = (name: Name, encloser: Name): Name => {
    const labels = labelsOf(name.slice(0, name.length - encloser.length) as Name)
    return childOf(labels.at(-1)!, encloser)
  }
  return {
    compact: denial === 'compact',
    nodata: (name, type) => {
      // A site may have edges of which none that were chosen has the type.
      const present = presentAt(name).filter(other => other !== type)
      // What is below a cut is not this zone's to speak of (RFC 9824 §3.4).
      if (!present.includes(types.NS) || name === zone.apex) return [deny(name, present)]
      return [options.signer.sign(nsecSet(name, nameBeyond(name), present, ttlS()), nowS())]
    },
    nxdomain: (name, encloser) => {
      if (denial === 'compact') return [deny(name, 'none')]
      return [cover(nearer(name, encloser)), cover(wildcardOf(encloser))]
    },
    wildcardNodata: (name, encloser) => [deny(name, presentAt(wildcardOf(encloser)))],
    wildcard: (name, encloser) => [cover(nearer(name, encloser))],
  }
}

const labelBytesMax = 63

/**
 * A name just before `name` in canonical order, with room for nothing between that could exist: the label before,
 * filled up with the last octet (RFC 4471 §3.1). The parent, when the label is a single zero octet.
 */
export function nameBefore(name: Name): Name {
  const parent = parentOf(name)
  const label = labelsOf(foldCase(name))[0]!
  const last = label.charCodeAt(label.length - 1)
  const head = label.slice(0, -1)
  if (last === 0) return head === '' ? parent : childOf(head, parent)
  // Upper case is passed over, as in `nameAfter`.
  const start = head + String.fromCharCode(last === 0x5b ? 0x40 : last - 1)
  const room = Math.min(labelBytesMax, nameBytesMax - 1 - parent.length)
  return childOf(start.padEnd(room, '\xff'), parent)
}
