// Readers: they ask DNS as a resolver does, then an edge as a browser does, and know every byte that must come.
//
// A name server that is silent is passed over for the next one; an address that cannot be connected to, too. From then
// on nothing is forgiven: a wrong status, a wrong byte, a cut or a silence is a failure, unless the very edge that was
// reading to them was killed or frozen meanwhile, which no network can hide from who is connected to it. A connection
// that was kept and ends before it answers is opened once more, as browsers do.

import { delay } from '../../base/io/clock.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import { ask as askDns } from '../../resolver/io/ask.ts'
import { addressText } from '../../resolver/wire/address.ts'
import { types } from '../../resolver/wire/code.ts'
import { type Connections, isPlain, type Manner, manners } from './connections.ts'
import { type Published, type ShakenNetwork, suffix } from './network.ts'
import { ask, type Had, type Outcome, type Place, type Wanted } from './request.ts'
import { testimony } from './testimony.ts'

/** Of one phase of a run. */
export interface Figures {
  requests: number
  readonly failures: string[]
  wrongBytes: number
  bytes: number
  /** Addresses that could not be connected to. */
  vain: number
  /** Requests that began anew at another address, because the edge was killed or frozen under them. */
  moved: number
  /** Kept connections that ended before they answered. */
  reopened: number
  readonly byManner: Record<Manner, number>
  /** Milliseconds to the head of the right answer, look-up and vain attempts included. */
  readonly headMs: number[]
}

export interface ReaderOptions {
  readonly network: ShakenNetwork
  readonly sites: readonly Published[]
  readonly random: Random
  /** Of the phase that runs now. */
  readonly figures: () => Figures
  /** What happened to an edge since then that excuses it. */
  readonly wasDown: (address: string, sinceAt: number) => string | undefined
  /** The faults of this moment, for the report. */
  readonly around: () => string
  readonly signal: AbortSignal
  readonly connections: Connections
}

/** As long as DNS lets places be kept in the devnet. */
const ttlMs = 5000
const askMs = 1000
/** Between two requests of one reader, at most. */
const restMs = 300
/** Of larger files, most readers want a part. */
const largeBytes = 8_000_000
const rangeBytesMax = 2_000_000

export function noFigures(): Figures {
  const byManner = Object.fromEntries(manners.map(manner => [manner, 0])) as Record<Manner, number>
  const none = { requests: 0, wrongBytes: 0, bytes: 0, vain: 0, moved: 0, reopened: 0 }
  return { ...none, failures: [], byManner, headMs: [] }
}

/** Until the signal; a request under way then counts for nothing. */
export async function readOn(options: ReaderOptions): Promise<void> {
  const { signal, random } = options
  const resolve = createResolver(options)
  const had = new Map<string, Had>()
  while (!signal.aborted) {
    const figures = options.figures()
    const wanted = draw(options)
    const { host, path, sizeBytes, manner, kind } = wanted
    const startedAt = performance.now()
    const failure = await visit(options, resolve, had, { wanted, figures, startedAt })
    if (signal.aborted) return
    figures.requests++
    figures.byManner[manner]++
    if (failure !== undefined) {
      const [atS, ms] = [startedAt / 1000, performance.now() - startedAt].map(Math.round)
      const what = `${kind} of ${host}/${path} by ${manner}, ${sizeBytes} B, at ${atS} s, after ${ms} ms`
      const words = `${what}: ${failure.what} [faults now: ${options.around()}]`
      const site = options.sites.find(({ name }) => host === `${name}.${suffix}`)!
      const edge = options.network.edges.find(({ address }) => address === failure.address)
      const told = edge && (await testimony(edge, site, options.network.edges))
      figures.failures.push(told === undefined ? words : `${words}\n    ${told}`)
    }
    await delay(restMs * random.next(), signal)
  }
}

function draw({ sites, random }: ReaderOptions): Wanted {
  const site = sites[integerBelow(random, sites.length)]!
  const number = integerBelow(random, site.files.length)
  const { path, bytes } = site.files[number]!
  const sizeBytes = bytes.length
  const kind = drawKind(sizeBytes, random)
  const isPart = kind === 'range' || kind === 'resume'
  const first = isPart ? integerBelow(random, sizeBytes) : 0
  const last = isPart ? Math.min(sizeBytes - 1, first + integerBelow(random, rangeBytesMax)) : sizeBytes - 1
  const manner = manners[integerBelow(random, manners.length)]!
  const versionsSince = (askedAt: number): Buffer[] =>
    site.versionsSince(askedAt).map(files => files[number]!.bytes)
  return { host: `${site.name}.${suffix}`, path, sizeBytes, manner, kind, first, last, versionsSince }
}

function drawKind(length: number, random: Random): Wanted['kind'] {
  const chance = random.next()
  if (length > largeBytes) return chance < 0.1 ? 'whole' : chance < 0.9 ? 'range' : 'resume'
  if (chance < 0.6) return 'whole'
  if (chance < 0.7) return 'range'
  if (chance < 0.8) return 'resume'
  return chance < 0.95 ? 'revalidate' : 'missing'
}

type Visit = { readonly wanted: Wanted; readonly figures: Figures; readonly startedAt: number }

interface Failure {
  readonly what: string
  /** Of the edge that answered, if one did. */
  readonly address?: string
}

/** Undefined when all is well, otherwise what is not. */
async function visit(
  options: ReaderOptions,
  resolve: Resolve,
  had: Map<string, Had>,
  { wanted, figures, startedAt }: Visit,
): Promise<Failure | undefined> {
  const { connections, network, wasDown } = options
  const places = await resolve(wanted.host)
  if (typeof places === 'string') return { what: places }
  const { httpPort, httpsPort } = network.edges[0]!
  const port = isPlain(wanted.manner) ? httpPort : httpsPort
  const vain: string[] = []
  for (const address of places) {
    const askedAt = performance.now()
    const outcome = await askAgain(wanted, { connections, address, port }, had, figures)
    if (outcome.kind === 'good') {
      figures.headMs.push(outcome.headAt - startedAt)
      return undefined
    }
    if (outcome.kind === 'wrong bytes') figures.wrongBytes++
    const excuse = wasDown(address, askedAt)
    const said = `${address}: ${outcome.what}${excuse === undefined ? '' : ` (${excuse})`}`
    if (!isExcused(outcome, excuse)) return { what: said, address }
    if (outcome.kind === 'vain') figures.vain++
    else figures.moved++
    vain.push(said)
  }
  return { what: `none of the places that DNS named: ${vain.join('; ')}` }
}

/** Kept connections that one reader has to one edge and that may all have ended together. */
const staleMax = 4

async function askAgain(
  wanted: Wanted,
  place: Place,
  had: Map<string, Had>,
  figures: Figures,
): Promise<Outcome> {
  for (let stale = 0; ; stale++) {
    const outcome = await ask(wanted, place, had)
    figures.bytes += outcome.bytes
    if (outcome.kind !== 'stale' || stale === staleMax) return outcome
    figures.reopened++
  }
}

function isExcused({ kind }: Outcome, excuse: string | undefined): boolean {
  return kind === 'vain' || (kind === 'cut' && excuse !== undefined)
}

/** Addresses of a host in the order in which DNS named them, or why there are none. */
type Resolve = (host: string) => Promise<readonly string[] | string>

function createResolver({ network, random }: ReaderOptions): Resolve {
  const { edges } = network
  const known = new Map<string, { places: readonly string[]; untilAt: number }>()
  let turn = integerBelow(random, edges.length)
  const lookUp: Resolve = async name => {
    for (let tries = 0; tries < edges.length; tries++) {
      const { address: server, dnsPort: port } = edges[turn]!
      const answer = await askDns({ server, port, name, type: types.A, timeoutMs: askMs }).catch(
        () => undefined,
      )
      if (answer === undefined) turn = (turn + 1) % edges.length
      else {
        const places = answer.answers.flatMap(({ data }) =>
          data.kind === 'address' ? [addressText(data.bytes)] : [],
        )
        return places.length > 0 ? places : `${server} names no place, rcode ${answer.flags & 0xf}`
      }
    }
    return 'no name server answers'
  }
  return async host => {
    const kept = known.get(host)
    if (kept !== undefined && kept.untilAt > performance.now()) return kept.places
    const places = await lookUp(host)
    if (typeof places !== 'string') known.set(host, { places, untilAt: performance.now() + ttlMs })
    return places
  }
}
