// The zones of owners on an edge: from a zone hash on chain to a Zone that answers.
//
// Their content is read as a site's is, from memory, disk or another edge. Every edge serves every zone, so each holds
// what it serves as long as there is room (a visit, to the steward), beside those whose duty it is.

import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { concatBytes, fromHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { decodeContenthash, formatCid, parseCid } from '../../content/identifier.ts'
import { resolvePath } from '../../content/path.ts'
import { readFile } from '../../content/reader.ts'
import { createJudge } from '../../resolver/sign/io/judging.ts'
import { type PublishedFiles, placesFileName, zoneFileName } from '../../resolver/sign/publication.ts'
import { type Name, nameText } from '../../resolver/wire/name.ts'
import { ownLabels } from '../../resolver/zone/suffix.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { type KeptZone, OwnerZones, type ZoneClaim } from '../dns/owner-zones.ts'
import { openServedMemory } from '../dns/served-memory.ts'
import type { ContentPart } from './content.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

/** What a zone asks of the domains that owners claim. */
export interface ZoneDomains {
  /** Whether `domain` (lower case, no dot at the end) is served for the site `label`. */
  serves(domain: string, label: string): boolean
  /** `zone`, which is not signed, with the places of the site `label`. */
  withSite(zone: Zone, label: string): Zone
}

/** Signatures grow old in hours, clocks jump at any time; and content that was missing is looked for again. */
const turnMs = 10_000
const readTimeoutMs = 60_000

/** Reads what was served last before it returns: an edge that starts does not deny what it knew. */
export async function openZones(
  ground: Ground,
  network: Network,
  content: ContentPart,
  domains: ZoneDomains,
): Promise<OwnerZones> {
  const { settings, folder, log, meter, stack } = ground
  const text = (): string => `${JSON.stringify({ version, zones: zones.kept() }, null, 1)}\n`
  const memory = await openServedMemory(join(folder, 'zones.json'), { parse: parseKept, text }, log)
  const stopped = new AbortController()
  const zones: OwnerZones = new OwnerZones(
    {
      claimOf: label => claimOf(network, label),
      labels: () => withZone(network),
      read: root => readPublished(content, root, settings['zones.bytesMax'], stopped.signal),
      judge: createJudge(stopped.signal),
      serves: (apex, label) => isServed(apex, label, settings['edge.suffix'], domains),
      withSite: domains.withSite,
      hold: root => content.steward.visit(root),
      remember: memory.write,
      clock: realClock,
      wallNow: Date.now,
      zonesMax: settings['zones.countMax'],
      bytesMax: settings['zones.totalBytesMax'],
      log,
      meter,
    },
    memory.remembered,
  )
  stack.defer(async () => {
    cancel()
    const closed = zones.close()
    stopped.abort(new Fault('content/missing', 'the edge stops'))
    await closed
    await memory.close()
  })
  let cancel = (): void => {}
  const turn = (): void => {
    zones.turn()
    cancel = realClock.after(turnMs, turn)
  }
  zones.look(withZone(network))
  cancel = realClock.after(turnMs, turn)
  return zones
}

function* withZone({ follower }: Network): Generator<string> {
  for (const { label, zonehash } of follower.registry.names()) if (zonehash !== '0x') yield label
}

function claimOf(network: Network, label: string): ZoneClaim | undefined {
  const name = network.name(label)
  if (name === undefined || name.zonehash === '0x') return undefined
  try {
    const root = formatCid(decodeContenthash(fromHex(name.zonehash)!))
    return { root, sequence: name.sequence, owner: name.owner }
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

/** `mysite.inxt` is its owner's, unless the suffix needs it; of other domains somebody else knows. */
function isServed(apex: Name, label: string, suffix: string, domains: ZoneDomains): boolean {
  const domain = nameText(apex).replace(/\.$/, '')
  return domain === `${label}.${suffix}` ? !ownLabels.has(label) : domains.serves(domain, label)
}

async function readPublished(
  { blocks }: ContentPart,
  root: string,
  bytesMax: number,
  stopped: AbortSignal,
): Promise<PublishedFiles> {
  const cid = parseCid(root)
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(readTimeoutMs)])
  const get = (block: CID): Promise<Uint8Array> => blocks.get(block, { root: cid, signal })
  let left = bytesMax
  const read = async (name: string): Promise<Uint8Array | undefined> => {
    const found = await resolvePath(get, cid, name)
    if (found.kind !== 'file') return undefined
    left -= found.sizeBytes
    if (left < 0) throw new Fault('bytes/too-large', `a zone of more than ${bytesMax} octets: zones.bytesMax`)
    const parts: Uint8Array[] = []
    for await (const part of readFile({ get, cid: found.cid, signal })) parts.push(part)
    return concatBytes(parts)
  }
  try {
    const zone = await read(zoneFileName)
    if (zone !== undefined) return { zone, places: await read(placesFileName) }
  } catch (error) {
    if (isFault(error)) throw error
    if (signal.aborted)
      throw new Fault('content/missing', `${root} could not be had in time`, { cause: error })
    throw error
  }
  throw new Fault('content/unsupported', `${root} has no file "${zoneFileName}"`)
}

const version = 1

function parseKept(json: unknown): readonly KeptZone[] | undefined {
  const { version: written, zones } = (json ?? {}) as { version?: unknown; zones?: unknown }
  const isZone = (one: Record<string, unknown> | null): boolean =>
    [one?.['label'], one?.['root'], one?.['owner']].every(word => typeof word === 'string') &&
    Number.isInteger(one?.['sequence'])
  return written === version && Array.isArray(zones) && zones.every(isZone) ? zones : undefined
}
