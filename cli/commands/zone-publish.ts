// `inxt zone publish|keep`: from an owner's master file to a signed zone that every live edge serves, and again when it
// is time.
//
// What was published lies beside the file (FILE.signed, FILE.places), so `keep` can tell by itself whether anything is
// to be done: the file changed, other edges are on the Roll, a third of the life of the signatures is left, or the
// chain does not name this version yet. Without --every it looks once, for cron and systemd timers.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizeText } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { realRandom } from '../../base/io/chance.ts'
import { delay } from '../../base/io/clock.ts'
import { readName } from '../../registry-contract/io/names.ts'
import { spell } from '../../registry-contract/spelling.ts'
import { addressTypes } from '../../resolver/sign/bundle.ts'
import { decodeBundle } from '../../resolver/sign/bundle-codec.ts'
import { lifeOf, spansOf } from '../../resolver/sign/verdict.ts'
import { childOf, nameText } from '../../resolver/wire/name.ts'
import type { ResourceRecord } from '../../resolver/wire/record.ts'
import { mayPlace } from '../../resolver/zone/domain-zone.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import { type Network, type NetworkEdge, readNetwork } from '../network.ts'
import { requireNotOurs } from '../publish/own-labels.ts'
import { livingEdges } from '../publish/publish.ts'
import { isNamed, openOwner, publishZone, type ZoneFiles, type ZonePublication } from '../publish/zone.ts'
import { edgesOnRoll } from '../publish/zone-edges.ts'
import { createTerminal, durationText, printFault, quiet, type Terminal } from '../terminal.ts'
import { type OpenChain, openChainFor } from '../wallet/account.ts'
import { cidOf } from './contenthash.ts'
import { type Report, readZoneAt, readZoneFile, type SignOptions, serialOf, signFile } from './zone.ts'
import { nowInS, timeText, zoneOf } from './zone-desk.ts'
import { admit, besidePlaces, type PlaceOptions, parseEdges, withPlaces } from './zone-places.ts'

export interface PublishOptions extends Omit<SignOptions, 'zone'> {
  /** `NAME.SUFFIX` when left out. */
  readonly zone?: string
  readonly data: string
  /** Whether addresses of the site are signed. */
  readonly places: boolean
  /** Publish FILE as it is: somebody else signed it, or nobody. */
  readonly asIs: boolean
  readonly timeout: number
}

interface Desk {
  readonly name: string
  readonly network: Network
  readonly chain: OpenChain
  readonly live: readonly NetworkEdge[]
  readonly terminal: Terminal
}

export async function zonePublish(file: string, typed: string, options: PublishOptions): Promise<void> {
  await atDesk(typed, options, async desk => {
    await publish(file, desk, options, !options.asIs)
  })
}

export interface KeepOptions extends PublishOptions {
  /** Minutes; once when left out. */
  readonly every?: number
}

export async function zoneKeep(file: string, typed: string, options: KeepOptions): Promise<void> {
  const { every } = options
  if (every === undefined) return keepOnce(file, typed, options)
  if (every < 1) throw new Fault('input/invalid', '--every 0: a minute at least')
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  while (!stop.signal.aborted) {
    // Whatever went wrong may have passed by the next time; signatures last for days.
    await keepOnce(file, typed, options).catch(error => printFault(error))
    await delay(every * 60_000 * (0.9 + 0.2 * realRandom.next()), stop.signal)
  }
}

async function keepOnce(file: string, typed: string, options: KeepOptions): Promise<void> {
  await atDesk(typed, options, async desk => {
    const why = options.asIs ? undefined : await reasonToSign(file, desk, options)
    if (why === undefined && (await isNamed(filesOf(file, options), desk.name, desk.chain))) {
      if (options.json) process.stdout.write(`${JSON.stringify({ done: false })}\n`)
      else desk.terminal.line('  nothing to do: this version is published, and its signatures are fresh')
      return
    }
    desk.terminal.line(`  ${why ?? 'the chain does not name this version'}`)
    await publish(file, desk, options, why !== undefined)
  })
}

/** At which names the site is shown, and its content as the chain has it now. */
async function shown(
  file: string,
  desk: Desk,
  options: PublishOptions,
): Promise<Pick<PlaceOptions, 'site' | 'content'>> {
  const { reader, addresses } = desk.chain
  const [site, { contenthash }] = await Promise.all([
    siteNames(file, desk, options),
    readName(reader, addresses, desk.name),
  ])
  const content = cidOf(contenthash)
  return { site, ...(content !== undefined && { content }) }
}

/** Also at `www` of a domain, as for an unsigned one, unless the owner's file has a say there. */
async function siteNames(file: string, desk: Desk, options: PublishOptions): Promise<readonly string[]> {
  const { name, network } = desk
  const { site } = options
  const zone = zoneName(options, desk)
  if (site.length > 0 || zone === `${name}.${network.suffix}`) return site
  const apex = zoneOf(zone)
  const { records } = await readZoneAt(file, apex)
  return mayPlace(createZone(records, apex), childOf('www', apex)) ? ['@', 'www'] : ['@']
}

async function publish(file: string, desk: Desk, options: PublishOptions, isToSign: boolean): Promise<void> {
  const { name, chain, live, terminal } = desk
  const account = await openOwner(chain, name)
  const report = isToSign ? await sign(file, desk, options) : undefined
  const at = { chain, account, live, deadlineMs: options.timeout * 1000 }
  tell(await publishZone(filesOf(file, options), name, at, terminal), report, options.json)
}

async function atDesk(
  typed: string,
  options: PublishOptions,
  action: (desk: Desk) => Promise<void>,
): Promise<void> {
  const { label: name } = await spell(typed)
  requireNotOurs(name)
  const network = await readNetwork(options.data)
  const live = await livingEdges(network)
  const { rpc, addressesFile: addresses, walletFile: wallet } = network
  await using chain = await openChainFor({ data: '', rpc, addresses, wallet })
  const terminal = options.json ? quiet : createTerminal()
  terminal.line()
  await action({ name, network, chain, live, terminal })
}

function zoneName({ zone }: PublishOptions, { name, network }: Desk): string {
  return zone ?? `${name}.${network.suffix}`
}

function filesOf(file: string, { asIs, places, out, bundle }: PublishOptions): ZoneFiles {
  if (asIs) return { zone: file, places: bundle }
  return { zone: out ?? `${file}.signed`, places: places ? (bundle ?? `${file}.places`) : undefined }
}

async function sign(file: string, desk: Desk, options: PublishOptions): Promise<Report> {
  const zone = zoneName(options, desk)
  const folder = await mkdtemp(join(tmpdir(), 'inxt-edges-'))
  try {
    const { edges: given, places, out, bundle, ...rest } = options
    const files = filesOf(file, options)
    const edges = given ?? join(folder, 'edges.json')
    if (places && given === undefined) {
      await writeFile(edges, JSON.stringify(await edgesOnRoll(desk.chain, desk.live)))
    }
    const admitted =
      files.places === undefined
        ? { site: [] }
        : { edges, bundle: files.places, ...(await shown(file, desk, options)) }
    return await desk.terminal.step(`${zone} is signed`, () =>
      signFile(file, { ...rest, ...admitted, zone, out: files.zone }),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** In words; undefined when what was signed is good for longer. */
async function reasonToSign(file: string, desk: Desk, options: PublishOptions): Promise<string | undefined> {
  const { zone, places } = filesOf(file, options)
  const [source, signed] = await Promise.all([file, zone].map(writtenAt))
  if (source === undefined) throw new Fault('config/unreadable', `${file}: there is no such file`)
  if (signed === undefined) return 'the zone was not signed yet'
  if (source > signed) return 'the file changed since it was signed'
  const { records } = readZone(await readZoneFile(zone), zoneOf(zoneName(options, desk)))
  const { freshness, endsAtS } = lifeOf(spansOf(records), nowInS())
  if (freshness !== 'fresh') return `signatures end ${timeText(endsAtS)}`
  return places && (await reasonForPlaces(file, { places, records }, desk, options))
}

async function reasonForPlaces(
  file: string,
  signed: { places: string; records: readonly ResourceRecord[] },
  desk: Desk,
  options: PublishOptions,
): Promise<string | undefined> {
  const bytes = await readFile(signed.places).catch(() => undefined)
  if (bytes === undefined) return 'no places were signed yet'
  const bundle = decodeBundle(bytes)
  if (bundle.serial !== serialOf(signed.records)) return 'the places are of another version'
  const { edges } = options
  const listed =
    edges === undefined
      ? parseEdges(JSON.stringify(await edgesOnRoll(desk.chain, desk.live)), 'the Roll')
      : parseEdges(await readFile(edges, 'utf8'), edges)
  const admitted = listed.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter(octets => octets !== undefined)
  const known = addressTypes.flatMap(type => bundle.families[type].addresses)
  if (setText(admitted) !== setText(known)) return 'other edges are admitted than were signed'
  const apex = zoneOf(zoneName(options, desk))
  const { records: own } = await readZoneAt(file, apex)
  const wanted = admit(listed, { https: options.https, ...(await shown(file, desk, options)) }, apex)
  const isSame = besidePlaces(withPlaces(own, apex, wanted), wanted) === besidePlaces(signed.records, wanted)
  return isSame ? undefined : 'the site has other content, or its edges speak HTTPS otherwise'
}

function setText(addresses: readonly Uint8Array[]): string {
  return [...new Set(addresses.map(octets => Buffer.from(octets).toString('hex')))].sort().join()
}

async function writtenAt(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs
}

function tell(done: ZonePublication, report: Report | undefined, asJson: boolean): void {
  const { zone, serial, root, bytes, edges, holders } = done
  const signed = report && {
    ds: report.ds,
    endsAtS: report.verdict.endsAtS,
    signAgainAtS: report.signAgainAtS,
  }
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ done: true, ...done, ...signed }, null, 2)}\n`)
    return
  }
  const terminal = createTerminal()
  for (const warning of report?.warnings ?? [])
    terminal.line(`  ${terminal.paint('yellow', 'warning')} ${warning}`)
  terminal.line()
  terminal.table(
    ['edge', 'serves it after', 'holds'],
    edges.map(({ address, resolvedMs }) => [
      address,
      durationText(resolvedMs),
      holders.includes(address) ? 'all of it' : '',
    ]),
  )
  terminal.line(`\n  zone     ${zone} serial ${serial}, ${sizeText(bytes)}`)
  terminal.line(`  root     ${root}`)
  if (report !== undefined) tellSigned(report, terminal)
  terminal.line()
}

function tellSigned({ apex, verdict, signAgainAtS, ds }: Report, terminal: Terminal): void {
  terminal.line(
    `  valid    until ${timeText(verdict.endsAtS)}; \`inxt zone keep\` from ${timeText(signAgainAtS)} on`,
  )
  terminal.line(`\n  DS for whoever runs ${parentText(nameText(apex))} (one of each key is enough):\n`)
  for (const line of ds) terminal.line(`  ${line}`)
}

function parentText(zone: string): string {
  return zone.slice(zone.indexOf('.') + 1) || 'the root'
}
