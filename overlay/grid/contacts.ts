// Contacts: where a peer went that does not answer any more, asked of the grid itself (P-Grid, Aberer 2004 §4).
//
// Each peer publishes its address under `peer/<id>`, signed. The paper takes a new address once two replicas return
// the same; here the signature and a higher sequence suffice: nobody else can make such a record, of two homes the
// newer wins, and an old one leads at worst to a peer that fails the handshake, since the stream proves who answers.

import { isFault } from '../../base/fault.ts'
import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import { decodeAddress } from '../records/values.ts'
import { type QueryEffect, tell } from './ground.ts'
import type { Lookups } from './lookup.ts'

const inFlightMax = 4
const retryMs = 60_000
const missedMax = 256

export class Contacts {
  readonly #lookups: Lookups
  readonly #missedAt = new Map<PeerId, number>()
  #inFlight = 0

  constructor(lookups: Lookups) {
    this.#lookups = lookups
  }

  missed(peer: PeerId, now: number): QueryEffect[] {
    const lastAt = this.#missedAt.get(peer) ?? Number.NEGATIVE_INFINITY
    if (this.#inFlight >= inFlightMax || now - lastAt < retryMs) return []
    if (this.#missedAt.size >= missedMax) this.#missedAt.clear()
    this.#missedAt.set(peer, now)
    this.#inFlight++
    return this.#lookups.begin(`peer/${peer}`, now, ({ records }) => {
      this.#inFlight--
      const record = records.find(({ publisher }) => publisher === peer)
      const address = record && addressOf(record.value)
      return address ? [tell({ kind: 'moved', peer, ...address })] : []
    })
  }
}

function addressOf(value: Uint8Array): Address | undefined {
  try {
    return decodeAddress(value)
  } catch (error) {
    if (!isFault(error)) throw error
    return undefined
  }
}
