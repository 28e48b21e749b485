// The small world that the conversations happen in: a few sites, one block, a route or two, all in memory.
//
// Content identifiers are words here ("cid-index"), because only the gateway looks inside one. Files under
// `/broken` fail in the ways that a network of strangers fails.

import { utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { createMeter, type Meter } from '../../base/meter.ts'
import { collectJson } from '../body.ts'
import { createIngress } from '../ingress.ts'
import type { Field, Ingress, IngressRequest } from '../message.ts'
import type { Content, Resolved, Routes, Sites } from '../questions.ts'
import { longText, ruledFiles, variantsOf } from './ruled.ts'

export const blockCid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

const files: Readonly<Record<string, string>> = {
  'index.html': '<h1>Welcome</h1>',
  '404.html': '<h1>Lost</h1>',
  'style.css': 'body { margin: 0 }',
  'letters.txt': 'abcdefghijklmnopqrstuvwxyz',
  'empty.txt': '',
  'data.unheard': '\u0001\u0002',
  'a b/ü.txt': 'spaces and umlauts',
  'how/index.html': '<h1>How</h1>',
  'how/404.html': '<h1>Lost in how</h1>',
  'bare/file.txt': 'no index here',
  'broken/gone.bin': 'first',
  'broken/late.bin': 'first',
  'broken/short.bin': 'shorter than announced',
  'broken/half.bin': 'halfway',
  'long.txt': longText,
  'late.txt': longText.toUpperCase(),
  // Variants outlive a world: whoever counts on none asks for what nobody else does.
  'unasked.txt': `${longText} ${longText}`,
  'photo.jpg': longText,
  ...ruledFiles,
}

/** Sites whose root is a folder of the first one's. */
const folders: Readonly<Record<string, string>> = {
  'cid-root': '',
  'cid-bare': 'bare',
  'cid-ruled': 'ruled',
  'cid-spoilt': 'spoilt',
}

const variants = await variantsOf('cid-long', longText)

const byCid = new Map(Object.entries(files).map(([path, text]) => [cidOf(path), text]))

export const sites: Sites = {
  find(label) {
    if (label === 'welcome') return { root: 'cid-root', sequence: 7 }
    if (`cid-${label}` in folders) return { root: `cid-${label}`, sequence: 1 }
    return label === 'reserved' ? 'empty' : 'unknown'
  },
  bound: host => (host === 'www.example.org' ? 'welcome' : undefined),
}

export const content: Content = {
  async resolve(root, path): Promise<Resolved> {
    if (path === 'broken/lookup') throw new Fault('net/unreachable', 'Two holders did not answer.')
    const full = [folders[root], path].filter(Boolean).join('/')
    const text = files[full]
    // What is announced for this one is a lie that only reading reveals.
    const more = full === 'broken/short.bin' ? 10 : 0
    if (text !== undefined) return { kind: 'file', cid: cidOf(full), sizeBytes: utf8(text).length + more }
    const isDirectory = full === '' || Object.keys(files).some(one => one.startsWith(`${full}/`))
    return isDirectory ? { kind: 'directory', cid: cidOf(full) } : { kind: 'missing' }
  },
  async *read(_root, cid, { start, end }, _signal, onSource) {
    if (cid === cidOf('broken/gone.bin')) throw new Fault('content/missing', 'No holder of cid-x answered.')
    if (cid === cidOf('broken/late.bin')) throw new Fault('net/unreachable', 'The holder was too slow.')
    if (cid === cidOf('long.txt')) onSource?.({ from: 'peer', which: '127.0.1.3' })
    const bytes = utf8(byCid.get(cid)!).subarray(start, end)
    for (let at = 0; at < bytes.length; at += 5) {
      if (at > 0 && cid === cidOf('broken/half.bin')) throw new Fault('content/missing', 'The holder died.')
      yield bytes.subarray(at, at + 5)
    }
  },
  block: async cid => (cid === blockCid ? utf8('hello') : undefined),
}

const challenges = async (host: string, token: string): Promise<string | undefined> =>
  host === 'www.example.org' && token === 'tok-1' ? 'tok-1.thumb' : undefined

export const routes: Routes = {
  'GET /inxt/status': { bytesMax: 0, answer: async () => ({ status: 200, json: { alive: true } }) },
  'GET /inxt/holders/<cid>': {
    bytesMax: 0,
    answer: async ({ params, query }) => ({ status: 200, json: { ...params, limit: query.get('limit') } }),
  },
  'POST /inxt/uploads/missing': {
    bytesMax: 64,
    answer: async ({ body }) => ({ status: 200, json: { got: await collectJson(body, 64) } }),
  },
  'POST /inxt/uploads': {
    bytesMax: 1024,
    answer: async () => {
      throw new Fault('store/full', 'The store of this edge is full.')
    },
  },
}

export function createWorld(meter: Meter = createMeter()): Ingress {
  const suffixes = ['inxt'] as const
  const ownHosts = ['127.0.0.1', 'localhost', '::1']
  const about = { suffixes, ownHosts, edgeName: 'edge-1', hstsS: 3600 }
  return createIngress({ ...about, sites, content, routes, challenges, meter, variants })
}

export interface Said {
  readonly method?: string
  readonly target?: string
  readonly version?: IngressRequest['version']
  readonly secure?: boolean
  readonly fields?: readonly Field[]
  readonly body?: string
  readonly signal?: AbortSignal
}

/**
 * A request with the usual where nothing else is said: GET / of welcome.inxt at the epoch of the
 * transcripts.
 */
export function request(said: Said = {}): IngressRequest {
  const { method = 'GET', target = '/', version = '1.1', body = '' } = said
  const fields = said.fields ?? [['Host', 'welcome.inxt']]
  const signal = said.signal ?? new AbortController().signal
  const receivedAt = Date.UTC(2026, 0, 1)
  const from = { client: '127.0.0.1', secure: said.secure ?? false, receivedAt, signal }
  return { method, target, version, fields, body: chunks(body), ...from }
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield utf8(text)
}

function cidOf(path: string): string {
  return path === ''
    ? 'cid-root'
    : `cid-${path
        .replace('/index.html', '')
        .replace(/\.\w+$/, '')
        .replace(/[^a-z0-9]+/g, '-')}`
}
