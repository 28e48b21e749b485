// The short way of a query: what was answered before is copied, and gets this query's id, flags, spelling,
// addresses and OPT. Whatever does not fit this leads to the long way, and so do the cases that are rare.

import { types } from '../wire/code.ts'
import { flagBits, headerBytes } from '../wire/header.ts'
import { bytesMaxFor } from './fit.ts'
import { isPadded, optBytes, optFor, putOpt, wholeBytes } from './opt.ts'
import { edgesFor, octetsOf } from './place.ts'
import { readQuery } from './query.ts'
import type { Ready } from './ready.ts'
import { standingOf } from './standing.ts'
import { judge, slip, type Way, type Ways } from './ways.ts'

const noAddresses: readonly Uint8Array[] = []
/** A pointer to the question's name, type, class, TTL and length. */
const recordHeadBytes = 2 + 2 + 2 + 4 + 2

export function createShortWay(ways: Ways): Way<'long way'> {
  const { authority, ready: table, tally, place, opt } = ways
  if (table === undefined) return () => 'long way'
  return (packet, client, transport) => {
    if (authority.hasChanged()) table.forget()
    const found = table.find(packet, client, transport)
    if (found === undefined || found.query.extensions === 'malformed') return 'long way'
    const { ready, query } = found
    const standing = standingOf(query, ways.jar)
    const chosen = ready.site && edgesFor(place, ready.site, query, standing.address)
    const addresses = chosen === undefined ? noAddresses : octetsOf(chosen.edges, ready.site!.type)
    if (chosen !== undefined && addresses.length === 0) return 'long way'

    const scopeBits = place.hearsSubnets ? (chosen?.scopeBits ?? 0) : undefined
    const told = { cookie: standing.cookie, scopeBits, isCompact: ready.isCompact }
    const reply = optFor(query, ready.rcode, undefined, told, opt)
    const bodyBytes = ready.body.length + recordsBytes(addresses)
    if (bodyBytes + optBytes(reply) > bytesMaxFor(query, opt.udpBytesMax)) return 'long way'

    const judgement = judge(ways, standing, ready.imputed)
    if (judgement === 'drop') return undefined
    if (judgement === 'slip') return slip(ways, readQuery(packet, client, transport), told)
    tally.answer(ready.counters)
    tally.event('ready')
    const bytes = Buffer.allocUnsafe(wholeBytes(bodyBytes, reply, isPadded(query)))
    bytes.set(ready.body)
    adopt(bytes, packet, ready.body)
    if (addresses.length > 0) putAddresses(bytes, ready, addresses, place.ttlS)
    putOpt(bytes, bodyBytes, reply)
    return bytes
  }
}

/** Id, RD, CD and the spelling of the name are those of `packet`. */
function adopt(bytes: Uint8Array, packet: Uint8Array, body: Uint8Array): void {
  bytes[0] = packet[0]!
  bytes[1] = packet[1]!
  bytes[2] = body[2]! | (packet[2]! & (flagBits.RD >>> 8))
  bytes[3] = body[3]! | (packet[3]! & flagBits.CD)
  // No label begins before the name ends, so the closing zero is the first at the place of a length.
  for (let at = headerBytes; packet[at] !== 0; ) {
    const end = at + 1 + packet[at]!
    for (; at < end; at++) bytes[at] = packet[at]!
  }
}

function recordsBytes(addresses: readonly Uint8Array[]): number {
  return addresses.length === 0 ? 0 : addresses.length * (recordHeadBytes + addresses[0]!.length)
}

/** The records of a site behind header and question. */
function putAddresses(
  bytes: Buffer,
  { body, site }: Ready,
  addresses: readonly Uint8Array[],
  ttlS: number,
): void {
  bytes[7] = addresses.length
  let at = body.length
  for (const octets of addresses) {
    at = bytes.writeUInt16BE(0xc000 | headerBytes, at)
    at = bytes.writeUInt16BE(site?.type ?? types.A, at)
    at = bytes.writeUInt16BE(1, at)
    at = bytes.writeUInt32BE(ttlS, at)
    at = bytes.writeUInt16BE(octets.length, at)
    bytes.set(octets, at)
    at += octets.length
  }
}
