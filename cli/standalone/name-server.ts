// `inxt edge --standalone`: a name server for zone files, without a chain, without peers, without a data folder.
//
// For those who only want a name server, and for every comparison with one. It is the resolver of an edge behind the
// same transports; what it lacks is everything that makes an edge one. SIGHUP reads all files again, as name servers
// do; a changed file is noticed without it.

import { Fault, isFault } from '../../base/fault.ts'
import { createLog, type Log } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { assignmentLayer, readLayer } from '../../config/io/read.ts'
import type { Settings } from '../../config/knobs.ts'
import { settingsFrom } from '../../config/settings.ts'
import { serveHttps } from '../../resolver/io/https.ts'
import type { Listening } from '../../resolver/io/listen.ts'
import { serveTcp } from '../../resolver/io/tcp.ts'
import { type ListeningTls, serveTls } from '../../resolver/io/tls.ts'
import { type ServeOptions, serveUdp } from '../../resolver/io/udp.ts'
import { createResponder } from '../../resolver/responder.ts'
import { nameText, parseName } from '../../resolver/wire/name.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { type CertificateFiles, followCertificate, readCertificate } from '../daemon/certificate.ts'
import { type Place, parsePlace, placeText } from '../daemon/place.ts'
import { stopSignal } from '../daemon/stop-signal.ts'
import { watchFiles } from '../daemon/watch.ts'
import { answeringFrom } from '../dns/answering.ts'
import { openJournalShelf } from '../dns/journal-shelf.ts'
import { type SigningReads, signingReads } from '../dns/online-signing.ts'
import { withQueryLog } from '../dns/query-log.ts'
import { openTransfers, type Transfers } from '../dns/transfers.ts'
import { openZoneFiles, type ZoneFile, type ZoneFiles } from '../dns/zone-files.ts'
import { createZoneReader } from '../dns/zone-reader.ts'
import { createTerminal } from '../terminal.ts'

export interface StandaloneOptions {
  readonly zone: readonly string[]
  readonly dns: readonly string[]
  readonly dot: readonly string[]
  readonly doh: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  /** Keys of secondaries, as `tsig-keygen` writes them. */
  readonly tsigFile?: string
  /** `example.com=ADDRESS,ADDRESS` */
  readonly transfer: readonly string[]
  /** Folder in which differences of zones outlive a restart. */
  readonly journal?: string
  /** Folder with the keys of zones that sign themselves while answering. */
  readonly signOnline?: string
  readonly logLevel?: string
  /** Of the settings only those of `dns.` that say how to answer. */
  readonly config?: string
  readonly set: readonly string[]
}

async function settingsOf({ config, set }: StandaloneOptions): Promise<Settings> {
  const layers = config === undefined ? [] : [await readLayer(config)]
  return settingsFrom([...layers, assignmentLayer(set)])
}

/** Where an unprivileged name server listens when it is not told. */
const defaultDns = '127.0.0.1:5300'

export async function standalone(options: StandaloneOptions): Promise<void> {
  const files = options.zone.map(zoneFileOf)
  if (files.length === 0) {
    throw new Fault('input/invalid', '--standalone: it is not said what to serve', {
      hint: 'Give --zone example.com=FILE, --origin URL, --site FOLDER or --car FILE.',
    })
  }
  const log = createLog({ name: 'standalone', level: options.logLevel ?? 'info' })
  await using stack = new AsyncDisposableStack()
  const stopped = stopSignal()
  const { read } = stack.use(createZoneReader())
  const online =
    options.signOnline === undefined
      ? undefined
      : stack.use(await signingReads(options.signOnline, files, read, log))
  const zones = await openZoneFiles(files, online?.read ?? read, log)
  const digestOf = (zone: Zone): string | undefined =>
    zones.versions().find(version => version.zone === zone)?.digest
  const shelf = options.journal === undefined ? undefined : openJournalShelf(options.journal, digestOf, log)
  const transfers = await openTransfers(options.transfer, options.tsigFile, zones.zones, log, shelf)
  stack.use(transfers)
  const served = await open(options, { ...zones, ...online }, transfers, log, stack)
  const reload = async (file?: string): Promise<void> => {
    await zones.reload(file)
    transfers?.tell(served.dns)
  }
  await follow(options, { ...zones, reload }, served.encrypted, log, stack)
  const terminal = createTerminal()
  for (const { apex, serial, records } of zones.versions()) {
    terminal.line(`zone ${nameText(apex)} serial ${serial}, ${records} records`)
  }
  terminal.line(`ready: ${served.places.join(', ')}`)
  transfers?.tell(served.dns)
  log.info({ why: await stopped }, 'the name server stops')
}

/** `example.com=FILE`. */
function zoneFileOf(text: string): ZoneFile {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === undefined || file === undefined) {
    throw new Fault('input/invalid', `--zone ${text}: a name, an equals sign and a file are wanted`, {
      hint: 'Such as --zone example.com=example.com.zone',
    })
  }
  return { apex: parseName(name.toLowerCase()), file }
}

interface Served {
  /** As they are printed when all is ready. */
  readonly places: readonly string[]
  /** Where plain DNS is answered, which is what secondaries know us by. */
  readonly dns: readonly Place[]
  readonly encrypted: readonly ListeningTls[]
}

async function open(
  options: StandaloneOptions,
  zones: ZoneFiles & Partial<SigningReads>,
  transfers: Transfers | undefined,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<Served> {
  const meter = createMeter()
  const settings = await settingsOf(options)
  const answering = answeringFrom(settings)
  const responder = createResponder({
    ...answering,
    suffixes: [],
    ...(zones.version && { version: zones.version }),
    zones: zones.zones,
    names: { site: () => undefined, serial: () => 0 },
    places: { near: () => [], servers: () => [] },
    meter,
    onBug: error => log.error({ err: error }, 'a DNS query met a bug'),
  })
  const door = transfers?.door(responder, meter, answering.limit)
  const respond = withQueryLog(door?.respond ?? responder, settings['dns.logShare'], log)
  // What connections are told about being idle (RFC 7828) is what holds.
  const bounds = {
    connectionsMax: settings['dns.tcpConnectionsMax'],
    idleTimeoutMs: settings['dns.tcpIdleMs'],
  }
  const at = (place: Place): ServeOptions & typeof bounds => ({ ...place, respond, meter, log, ...bounds })
  const kept = <T extends Listening>(listening: T): T => {
    stack.defer(() => listening.close())
    return listening
  }
  const places: string[] = []
  const dns: Place[] = []
  for (const text of options.dns.length > 0 ? options.dns : [defaultDns]) {
    const place = parsePlace('--dns', text, 53)
    const port = await serveBoth({ ...at(place), ...(door && { transfer: door.transfer }) }, kept)
    dns.push({ ...place, port })
    places.push(`DNS ${placeText({ ...place, port })}`)
  }
  const encrypted: ListeningTls[] = []
  const wanted = [
    { flag: '--dot', texts: options.dot, port: 853, serve: serveTls, word: 'DoT' },
    { flag: '--doh', texts: options.doh, port: 443, serve: serveHttps, word: 'DoH' },
  ]
  for (const { flag, texts, port: standard, serve, word } of wanted) {
    for (const text of texts) {
      const place = parsePlace(flag, text, standard)
      const certificate = await readCertificate(certificateFiles(options))
      const listening = kept(await serve({ ...at(place), certificate }))
      encrypted.push(listening)
      places.push(`${word} ${placeText({ ...place, port: listening.port })}`)
    }
  }
  return { places, dns, encrypted }
}

/** Where the kernel chooses the port, it looks at UDP only: TCP may be taken there, and it chooses again. */
const choicesMax = 32

/** Plain DNS over UDP and TCP at one port, which is returned. */
async function serveBoth(
  options: Parameters<typeof serveTcp>[0],
  kept: <T extends Listening>(listening: T) => T,
): Promise<number> {
  for (let choice = 1; ; choice++) {
    const udp = await serveUdp(options)
    try {
      kept(await serveTcp({ ...options, port: udp.port }))
      return kept(udp).port
    } catch (error) {
      await udp.close()
      if (options.port > 0 || choice === choicesMax || !isFault(error, 'net/port-taken')) throw error
    }
  }
}

function certificateFiles({ tlsCert, tlsKey }: StandaloneOptions): CertificateFiles {
  if (tlsCert !== undefined && tlsKey !== undefined) return { chainFile: tlsCert, keyFile: tlsKey }
  throw new Fault('input/invalid', '--dot and --doh need --tls-cert and --tls-key')
}

/** Keeps zones and certificate true to their files, until the stack is unwound. */
async function follow(
  options: StandaloneOptions,
  zones: ZoneFiles,
  encrypted: readonly ListeningTls[],
  log: Log,
  stack: AsyncDisposableStack,
): Promise<void> {
  const files = zones.versions().map(({ file }) => file)
  stack.use(await watchFiles(files, file => void zones.reload(file), log))
  const certificate =
    encrypted.length === 0
      ? undefined
      : stack.use(await followCertificate(certificateFiles(options), encrypted, log))
  const again = (): void => {
    log.info('SIGHUP: all files are read again')
    void zones.reload()
    certificate?.again()
  }
  process.on('SIGHUP', again)
  stack.defer(() => void process.off('SIGHUP', again))
}
