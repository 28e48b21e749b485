// What the gateway says when it does not give: a status of the specification, and three lines for a person.
//
// 404 is final, since nothing is fetched; 412 is its word for those who asked with `only-if-cached`. What is denied is
// answered 410, or 451 (RFC 7725) where the law is the reason.

import type { Fault } from '../../base/fault.ts'
import { problem } from '../json.ts'
import { emptyResponse, type Field, fieldValue, type IngressResponse } from '../message.ts'

const methods = 'GET, HEAD, OPTIONS'

/** OPTIONS is answered, for scripts of other origins too; everything else is refused. */
export function otherMethod(method: string): IngressResponse {
  const allow: Field = ['Allow', methods]
  if (method === 'OPTIONS') {
    const headers = 'Content-Type, Range, User-Agent, X-Requested-With'
    return emptyResponse(204, [
      allow,
      ['Access-Control-Allow-Methods', methods],
      ['Access-Control-Allow-Headers', headers],
    ])
  }
  const what = 'Blocks can only be read at this address.'
  return problem(405, { what, meaning: 'The method is not allowed.', hint: 'Use GET or HEAD.' }, [allow])
}

export function noCid(): IngressResponse {
  return problem(400, {
    what: 'The address names no valid CID.',
    meaning: 'Without a content identifier there is nothing to look for.',
    hint: 'Ask for /ipfs/<cid>?format=raw with a CID such as bafkrei…',
  })
}

export function longCid(): IngressResponse {
  return problem(400, {
    what: 'CID incompatible with DNS label length limit of 63.',
    meaning: 'A page is shown under a host name that bears its CID, and this one is too long for that.',
    hint: 'Add ?format=raw or ?format=car and check the content yourself.',
  })
}

export function noPages(why: 'page' | 'silence'): IngressResponse {
  return problem(why === 'page' ? 406 : 400, {
    what: 'This address gives raw blocks and CARs, which the client checks itself.',
    meaning: 'Pages of different sites would share one origin here and could read each other’s data.',
    hint: 'Add ?format=raw or ?format=car, or open the site under its own name.',
  })
}

export function form({
  status,
  what,
}: {
  readonly status: 400 | 406
  readonly what: string
}): IngressResponse {
  return problem(status, {
    what,
    meaning: 'The address gives raw blocks, and CARs of version 1 in the order dfs.',
    hint: 'Ask for ?format=raw, or for ?format=car with an Accept field that allows it.',
  })
}

export function blocksOnly(): IngressResponse {
  return problem(406, {
    what: 'This edge gives whole blocks only.',
    meaning: 'It neither follows paths nor makes CARs.',
    hint: 'Ask for the CID of the block itself, with ?format=raw.',
  })
}

export function nowhere(): IngressResponse {
  return problem(404, {
    what: 'The path leads nowhere.',
    meaning: 'A folder on the way has no entry of that name, or what should be a folder is none.',
    hint: 'Check the spelling; names are taken as they are, upper and lower case apart.',
  })
}

export function absent(cid: string, fields: readonly Field[]): IngressResponse {
  const onlyIfCached = /(?:^|[\s,])only-if-cached(?:$|[\s,])/i.test(fieldValue(fields, 'cache-control') ?? '')
  return problem(onlyIfCached ? 412 : 404, {
    what: `The content of ${cid} is not held here, or not up to the end of the path.`,
    meaning: 'An edge gives blocks only out of its own store.',
    hint: `Ask another holder: GET /inxt/holders/${cid} names them.`,
  })
}

export function unsupported({ message }: Fault): IngressResponse {
  return problem(400, {
    what: `This cannot be walked or checked here: ${message}.`,
    meaning:
      'Hashes are SHA-256 or identities; paths and CARs are made of UnixFS: dag-pb nodes and raw leaves.',
    hint: 'Blocks of other kinds that are held here are given one by one: ?format=raw, ?format=car&dag-scope=block.',
  })
}

export function broken({ message }: Fault): IngressResponse {
  return problem(404, {
    what: `A node on the way is not what it should be: ${message}.`,
    meaning: 'The blocks have the hashes that were asked for, but make no folder or file.',
    hint: 'Nothing: it was published so.',
  })
}

export function beyond(sizeBytes: number): IngressResponse {
  const text = {
    what: 'The range lies beyond the end of the block.',
    meaning: `The block has ${sizeBytes} bytes.`,
    hint: 'Ask for a part inside it, or for all of it.',
  }
  return problem(416, text, [['Content-Range', `bytes */${sizeBytes}`]])
}

export function outside(sizeBytes: number): IngressResponse {
  return problem(400, {
    what: 'The entity-bytes lie outside the file.',
    meaning: `The file has ${sizeBytes} bytes.`,
    hint: 'Ask for a range that meets it.',
  })
}

export function denied(why: 'gone' | 'legal'): IngressResponse {
  return problem(why === 'legal' ? 451 : 410, {
    what: 'This edge does not give that content.',
    meaning: why === 'legal' ? 'The law forbids it here.' : 'It stands on a list that the operator follows.',
    hint: 'The operator of the edge can say which list it is.',
  })
}
