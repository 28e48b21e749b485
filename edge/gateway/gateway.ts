// Content by its CID, for clients that check hashes themselves: `/ipfs/<cid>[/path]` as a raw block or as a CAR.
//
// After the IPFS "Trustless Gateway" specification. Only what this machine holds (`dags.ts` says why), so 404 is final
// and 412 its word to those who sent `only-if-cached`. The way to the end of the path is walked before the status goes
// out; what is found missing later ends the stream abnormally, and the rim cuts the connection. Web pages are not
// served at this address, where all sites would share one origin and could read each other's storage: `isolation.ts`
// gives each CID a host of its own. What is given is public and verifiable, so scripts of any origin may read it.

import { Fault, isFault } from '../../base/fault.ts'
import {
  bytesResponse,
  emptyResponse,
  type Field,
  fieldLines,
  fieldValue,
  type IngressResponse,
  withFields,
} from '../message.ts'
import type { Content } from '../questions.ts'
import { contentRange, parseRange } from '../range.ts'
import { formatPath } from '../target.ts'
import { allowsRange, matchesWeakly } from '../validator.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'
import { type CarShape, type Dags, forever, type GatewayOptions, type Terminus } from './dags.ts'
import { pageElsewhere, uriElsewhere } from './isolation.ts'
import { canonicalCid } from './names.ts'
import * as refusal from './refusals.ts'
import { carType, rawType, type Wanted, wantedOf } from './wanted.ts'

/** Scripts of any page may read what anybody can check (path gateway specification, "CORS"). */
const shared: readonly Field[] = [
  ['Access-Control-Allow-Origin', '*'],
  [
    'Access-Control-Expose-Headers',
    'Content-Length, Content-Range, Content-Location, X-Ipfs-Path, X-Ipfs-Roots',
  ],
]

type Asked = { readonly visit: Visit; readonly root: string; readonly path: string }

export function gateway(
  content: Pick<Content, 'block'>,
  suffix: string,
  options: GatewayOptions = {},
): IngressStep {
  return async (visit, next) => {
    const { segments, query } = known(visit, 'target')
    if (segments[0] !== 'ipfs') return next(visit)
    const { method, fields } = visit.request
    if (method !== 'GET' && method !== 'HEAD') return withFields(refusal.otherMethod(method), shared)
    if (segments.length === 1 && query.includes('uri=')) return uriElsewhere(query)
    const root = canonicalCid(segments[1] ?? '')
    if (root === undefined) return refusal.noCid()
    const wanted = wantedOf(fields, query)
    if (wanted.form === 'page' || wanted.form === 'silence') {
      return options.isServed ? pageElsewhere(visit, root, suffix) : refusal.noPages(wanted.form)
    }
    if (wanted.form === 'refused') return refusal.form(wanted)
    const asked = { visit, root, path: segments.slice(2).join('/') }
    return withFields(await answer(asked, wanted, { ...options, content }), shared)
  }
}

type Means = GatewayOptions & { readonly content: Pick<Content, 'block'> }

type Form = Extract<Wanted, { form: 'raw' | 'car' }>

async function answer(
  asked: Asked,
  wanted: Form,
  { content, dags, denied }: Means,
): Promise<IngressResponse> {
  const { visit, root, path } = asked
  const isForbidden = (cids: readonly string[]): IngressResponse | undefined => {
    const why = cids.map(cid => denied?.(cid)).find(found => found !== undefined)
    return why && refusal.denied(why)
  }
  const early = isForbidden([root])
  if (early !== undefined) return early
  if (dags === undefined && (wanted.form === 'car' || path !== '')) return refusal.blocksOnly()
  try {
    const isBlock = wanted.form === 'raw' && path === ''
    const terminus = isBlock ? { roots: [root], sizeBytes: undefined } : await dags!.find(root, path)
    if (terminus === undefined) return refusal.nowhere()
    const late = isForbidden(terminus.roots)
    if (late !== undefined) return late
    const head = headOf(asked, wanted, terminus)
    if (wanted.form === 'car') return carAnswer(asked, wanted.shape, terminus, head, dags!)
    const cid = terminus.roots.at(-1)!
    const { request } = visit
    const block = await content.block(cid, fieldValue(request.fields, 'inxt-root'), request)
    return block === undefined
      ? refusal.absent(cid, visit.request.fields)
      : rawAnswer(visit, cid, block, head)
  } catch (error) {
    if (isFault(error, 'content/missing')) return refusal.absent(root, visit.request.fields)
    if (isFault(error, 'content/unsupported')) return refusal.unsupported(error)
    if (isFault(error, 'bytes/malformed')) return refusal.broken(error)
    throw error
  }
}

/** What both forms say about themselves, whatever the status. */
function headOf({ visit, root, path }: Asked, wanted: Form, { roots }: Terminus): Field[] {
  const { segments, directory, query } = known(visit, 'target')
  const address = formatPath(segments, directory)
  const extension = wanted.form === 'car' ? 'car' : 'bin'
  const params = new URLSearchParams(query)
  const name =
    params.get('filename') || `${path === '' || wanted.form === 'car' ? root : roots.at(-1)}.${extension}`
  const fields: Field[] = [
    ['Cache-Control', forever],
    ['X-Ipfs-Path', address],
    ['X-Ipfs-Roots', roots.join(',')],
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Disposition', disposition(name)],
  ]
  if (wanted.form === 'car' || wanted.isNegotiated) fields.push(['Vary', 'Accept'])
  if (!wanted.isNegotiated) return fields
  params.set('format', wanted.form)
  if (wanted.form === 'car') params.set('car-dups', wanted.shape.duplicates ? 'y' : 'n')
  return [...fields, ['Content-Location', `${address}?${params}`]]
}

function rawAnswer(visit: Visit, cid: string, block: Uint8Array, head: readonly Field[]): IngressResponse {
  const { method, fields } = visit.request
  const tag = `"${cid}.raw"`
  const all: Field[] = [['ETag', tag], ...head, ['Content-Type', rawType], ['Accept-Ranges', 'bytes']]
  const unchanged = notModified(visit, tag, head)
  if (unchanged !== undefined) return unchanged
  const lines = fieldLines(fields, 'range')
  const isMeant = fieldLines(fields, 'if-range').every(one => allowsRange(one, tag))
  if (method !== 'GET' || lines.length !== 1 || !isMeant) return bytesResponse(200, all, block)
  const ranges = parseRange(lines[0]!, block.length)
  if (ranges === 'unsatisfiable') return refusal.beyond(block.length)
  // A block is small: for several ranges the whole of it is the simpler answer, and RFC 9110 §14.2 allows it.
  if (ranges === 'whole' || ranges.length > 1) return bytesResponse(200, all, block)
  const [{ start, end }] = ranges as [(typeof ranges)[number]]
  const part: Field = ['Content-Range', contentRange({ start, end }, block.length)]
  return bytesResponse(206, [...all, part], block.subarray(start, end))
}

function carAnswer(
  { visit, root, path }: Asked,
  shape: CarShape,
  { roots, sizeBytes, isOpaque }: Terminus,
  head: readonly Field[],
  dags: Dags,
): IngressResponse {
  const { scope, bytes, duplicates } = shape
  // Of what is no UnixFS an entity is its block (specification, `dag-scope`); all would be what it links to as well.
  if (isOpaque && scope === 'all' && bytes === undefined) return refusal.unsupported(opaque)
  if (bytes !== undefined && sizeBytes !== undefined && isOutside(bytes, sizeBytes))
    return refusal.outside(sizeBytes)
  const dups = duplicates ? 'y' : 'n'
  const range = bytes === undefined ? '' : `.${bytes.first}:${bytes.last ?? '*'}`
  const tag = `"${scope}${range}.dfs.${dups}.${roots.at(-1)}.car"`
  const unchanged = notModified(visit, tag, head)
  if (unchanged !== undefined) return unchanged
  const type = `${carType}; version=1; order=dfs; dups=${dups}`
  const fields: Field[] = [['ETag', tag], ...head, ['Content-Type', type], ['Accept-Ranges', 'none']]
  return { status: 200, fields, body: dags.car(root, path, shape), sizeBytes: undefined }
}

const opaque = new Fault('content/unsupported', 'it is no UnixFS, so what it links to is not known here')

/** Nothing of the file is asked for; a range that ends before it begins is no error and brings no bytes. */
function isOutside({ first, last }: NonNullable<CarShape['bytes']>, sizeBytes: number): boolean {
  if (sizeBytes === 0) return false
  return first >= sizeBytes || (last !== undefined && last < 0 && sizeBytes + last < 0)
}

function notModified(visit: Visit, tag: string, head: readonly Field[]): IngressResponse | undefined {
  const condition = fieldValue(visit.request.fields, 'if-none-match')
  if (condition === undefined || !matchesWeakly(condition, tag)) return undefined
  const kept = head.filter(([name]) => !/^(content-disposition|x-content-type-options)$/i.test(name))
  return emptyResponse(304, [['ETag', tag], ...kept])
}

/** RFC 6266: the name twice where it is not plain ASCII. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/gu, '_').replace(/["\\]/g, '_')
  const extended = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    one => `%${one.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${extended}`}`
}
