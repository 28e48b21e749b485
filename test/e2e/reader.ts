// A stranger's view of the network: publishing to it, what an edge serves under a name, what it says of itself.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { get } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Network, NetworkEdge } from '../../cli/network.ts'
import { inxt, until } from './devnet.ts'
import { dig } from './tools.ts'

export interface EdgeView extends NetworkEdge {
  /** Roots that the edge holds completely. */
  readonly holds: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly aliveAddresses: readonly string[]
}

export interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** One request on a connection of its own. Rejects when the connection fails or is cut. */
export function fetchSite(
  edge: { address: string; httpPort: number },
  host: string,
  path: string,
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${edge.httpPort}` }
    const request = get({
      host: edge.address,
      port: edge.httpPort,
      path,
      headers,
      agent: false,
      timeout: 30_000,
    })
    request.once('error', reject)
    request.once('timeout', () => request.destroy(new Error('no answer within 30 s')))
    request.once('response', response => {
      buffer(response).then(
        body => resolve({ status: response.statusCode!, headers: response.headers, body }),
        reject,
      )
    })
  })
}

export async function edgeView(edge: NetworkEdge): Promise<EdgeView> {
  const { status, body } = await fetchSite(edge, edge.address, '/inxt/status')
  if (status !== 200) throw new Error(`${edge.address}: status ${status}`)
  const view = JSON.parse(body.toString()) as {
    content: { holds: string[] }
    counts: Record<string, number>
    members: { host: string; standing: string }[]
  }
  const alive = view.members.filter(({ standing }) => standing === 'alive').map(({ host }) => host)
  return { ...edge, holds: view.content.holds, counts: view.counts, aliveAddresses: alive.sort() }
}

export function digAt(
  edge: { address: string; dnsPort: number },
  ...words: string[]
): ReturnType<typeof dig> {
  return dig(edge.address, edge.dnsPort, ...words)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface Published {
  readonly name: string
  readonly root: string
  readonly uploadedTo: string
  readonly holders: readonly string[]
  readonly edges: readonly { readonly address: string; readonly resolvedMs: number }[]
  readonly urls: readonly string[]
}

export async function publish(data: string, folder: string, name: string): Promise<Published> {
  const { code, stdout, stderr } = await inxt([
    'publish',
    folder,
    name,
    '--data',
    data,
    '--timeout',
    '25',
    '--json',
  ])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Published
}

/** Edges that hold a site by duty: the default of `content.replicas`. */
const homes = 3

/** The edges that hold `root`, all its homes among them, and one that does not hold it and will not by itself. */
export async function insiderAndOutsider(
  network: Network,
  root: string,
): Promise<{ holders: EdgeView[]; outsider: EdgeView }> {
  return until(`${homes} edges hold ${root}`, 30_000, async () => {
    const views = await Promise.all(network.edges.map(edgeView))
    const holders = views.filter(view => view.holds.includes(root))
    const outsider = views.find(view => !view.holds.includes(root))
    return holders.length >= homes && outsider !== undefined ? { holders, outsider } : undefined
  })
}
