// Readers: they ask DNS as a resolver does, then an edge as a browser does, and know every byte that must come.
//
// A name server that is silent is passed over for the next one; an address that cannot be connected to, too. From then
// on nothing is forgiven: a wrong status, a wrong byte, a cut or a silence is a failure, unless the very edge that was
// reading to them was killed or frozen meanwhile, which no network can hide from who is connected to it.

import { delay } from '../../base/io/clock.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import { ask as askDns } from '../../resolver/io/ask.ts'
import { addressText } from '../../resolver/wire/address.ts'
import { types } from '../../resolver/wire/code.ts'
import { type Published, type ShakenNetwork, suffix } from './network.ts'
import { ask, type Outcome, type Wanted } from './request.ts'

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
  /** Its own address on the loopback network. */
  readonly address: string
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
  return { requests: 0, failures: [], wrongBytes: 0, bytes: 0, vain: 0, moved: 0, headMs: [] }
}

/** Until the signal; a request under way then counts for nothing. */
export async function readOn(options: ReaderOptions): Promise<void> {
  const { signal, random } = options
  const resolve = createResolver(options)
  const tags = new Map<string, string>()
  while (!signal.aborted) {
    const figures = options.figures()
    const wanted = draw(options)
    const { host, file, scheme, kind } = wanted
    const startedAt = performance.now()
    const failure = await visit(options, resolve, tags, { wanted, figures, startedAt })
    if (signal.aborted) return
    figures.requests++
    if (failure !== undefined) {
      const ms = Math.round(performance.now() - startedAt)
      const what = `${kind} of ${scheme}://${host}/${file.path}, ${file.bytes.length} B, after ${ms} ms`
      figures.failures.push(`${what}: ${failure} [faults now: ${options.around()}]`)
    }
    await delay(restMs * random.next(), signal)
  }
}

function draw({ sites, random }: ReaderOptions): Wanted {
  const site = sites[integerBelow(random, sites.length)]!
  const file = site.files[integerBelow(random, site.files.length)]!
  const { length } = file.bytes
  const kind = drawKind(length, random)
  const first = kind === 'range' ? integerBelow(random, length) : 0
  const last =
    kind === 'range' ? Math.min(length - 1, first + integerBelow(random, rangeBytesMax)) : length - 1
  const scheme = random.next() < 0.25 ? 'https' : 'http'
  return { host: `${site.name}.${suffix}`, file, scheme, kind, first, last }
}

function drawKind(length: number, random: Random): Wanted['kind'] {
  const chance = random.next()
  if (length > largeBytes) return chance < 0.1 ? 'whole' : 'range'
  if (chance < 0.6) return 'whole'
  if (chance < 0.8) return 'range'
  return chance < 0.95 ? 'revalidate' : 'missing'
}

type Visit = { readonly wanted: Wanted; readonly figures: Figures; readonly startedAt: number }

/** Undefined when all is well, otherwise what is not. */
async function visit(
  options: ReaderOptions,
  resolve: Resolve,
  tags: Map<string, string>,
  { wanted, figures, startedAt }: Visit,
): Promise<string | undefined> {
  const { address: localAddress, network, wasDown } = options
  const places = await resolve(wanted.host)
  if (typeof places === 'string') return places
  const vain: string[] = []
  for (const address of places) {
    const { httpPort, httpsPort } = network.edges[0]!
    const port = wanted.scheme === 'https' ? httpsPort : httpPort
    const askedAt = performance.now()
    const connection = { address, port, localAddress, authority: network.authority }
    const outcome = await ask(wanted, connection, tags)
    figures.bytes += outcome.bytes
    if (outcome.kind === 'good') {
      figures.headMs.push(outcome.headAt - startedAt)
      return undefined
    }
    if (outcome.kind === 'wrong bytes') figures.wrongBytes++
    const excuse = wasDown(address, askedAt)
    const said = `${address}: ${outcome.what}${excuse === undefined ? '' : ` (${excuse})`}`
    if (!isExcused(outcome, excuse)) return said
    if (outcome.kind === 'vain') figures.vain++
    else figures.moved++
    vain.push(said)
  }
  return `none of the places that DNS named: ${vain.join('; ')}`
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
