// Single blocks by their CID, for other edges and whoever checks hashes: the trustless gateway's raw form.
//
// After the IPFS "Trustless Gateway" specification: `/ipfs/<cid>?format=raw`, or the Accept field for it.
// Only what this machine holds: an edge that fetched on a stranger's word would be a relay for any traffic,
// and two edges that ask each other for what neither has would never stop. Web pages by CID are not served
// here: all sites would share one origin, so one site's scripts could read another's storage.

import { CID } from 'multiformats/cid'
import { problem } from '../json.ts'
import { bytesResponse, emptyResponse, type Field, fieldValue, type IngressResponse } from '../message.ts'
import type { Content } from '../questions.ts'
import { matchesWeakly } from '../validator.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'

const rawType = 'application/vnd.ipld.raw'

/** A hash never means anything else: 48 weeks, as the specification advises. */
const maxAgeS = 48 * 7 * 24 * 3600

/** SHA-256 in base32 needs 59 characters, the longest sensible hash in base16 about 150. */
const cidLengthMax = 200

export function gateway(content: Pick<Content, 'block'>): IngressStep {
  return async (visit, next) => {
    const { segments, directory, query } = known(visit, 'target')
    if (segments[0] !== 'ipfs') return next(visit)
    const { method, fields } = visit.request
    if (method !== 'GET' && method !== 'HEAD') return notAllowed(method)
    const cid = parseCid(segments[1] ?? '')
    if (cid === undefined) return badCid()
    if (!wantsRaw(visit, query)) return notAcceptable()
    if (segments.length > 2 || directory) return wholeBlocksOnly()
    const tag = `"${cid}.raw"`
    const known304 = fieldValue(fields, 'if-none-match')
    const block = await content.block(cid)
    if (block === undefined) return absent(cid, fields)
    const head: Field[] = [
      ['ETag', tag],
      ['Cache-Control', `public, max-age=${maxAgeS}, immutable`],
    ]
    if (known304 !== undefined && matchesWeakly(known304, tag)) return emptyResponse(304, head)
    const described: Field[] = [
      ['Content-Type', rawType],
      ['X-Content-Type-Options', 'nosniff'],
      ['Content-Disposition', `attachment; filename="${cid}.bin"`],
      ['X-Ipfs-Path', `/ipfs/${cid}`],
    ]
    return bytesResponse(200, [...head, ...described], block)
  }
}

/** The CID as version 1 in base32, so that one block has one name here; undefined when it is none. */
export function parseCid(text: string): string | undefined {
  if (text.length === 0 || text.length > cidLengthMax) return undefined
  try {
    return CID.parse(text).toV1().toString()
  } catch {
    return undefined
  }
}

/** The query goes before the Accept field, as the specification says. */
function wantsRaw(visit: Visit, query: string): boolean {
  const format = new URLSearchParams(query).get('format')
  if (format !== null) return format === 'raw'
  const accept = fieldValue(visit.request.fields, 'accept') ?? ''
  return accept.split(',').some(range => range.split(';')[0]!.trim().toLowerCase() === rawType)
}

function absent(cid: string, fields: readonly Field[]): IngressResponse {
  const text = {
    what: `The block ${cid} is not held here.`,
    meaning: 'An edge gives single blocks only out of its own store.',
    hint: `Ask another holder: GET /inxt/holders/${cid} names them.`,
  }
  const onlyIfCached = /(?:^|[\s,])only-if-cached(?:$|[\s,])/i.test(fieldValue(fields, 'cache-control') ?? '')
  return problem(onlyIfCached ? 412 : 404, text)
}

function notAllowed(method: string): IngressResponse {
  const allow: Field = ['Allow', 'GET, HEAD, OPTIONS']
  if (method === 'OPTIONS') return emptyResponse(204, [allow])
  const what = 'Blocks can only be read at this address.'
  return problem(405, { what, meaning: 'The method is not allowed.', hint: 'Use GET or HEAD.' }, [allow])
}

function badCid(): IngressResponse {
  return problem(400, {
    what: 'The address names no valid CID.',
    meaning: 'Without a content identifier there is nothing to look for.',
    hint: 'Ask for /ipfs/<cid>?format=raw with a CID such as bafkrei…',
  })
}

function notAcceptable(): IngressResponse {
  return problem(406, {
    what: 'This address gives single blocks only, in raw form.',
    meaning: 'Pages of different sites would share one origin here and could read each other’s data.',
    hint: 'Add ?format=raw, or open the site under its own name.',
  })
}

function wholeBlocksOnly(): IngressResponse {
  return problem(400, {
    what: 'The address has a path after the CID.',
    meaning: 'Raw answers are whole blocks, without a path inside.',
    hint: 'Ask for the CID of the block itself.',
  })
}
