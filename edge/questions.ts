// What the ingress has to ask of others, in its own words; the composition root supplies the answers.
//
// Three questions: which content is behind a name, what are the bytes of that content, and what does this
// edge answer about itself. The first is synchronous, from a snapshot: a host name never makes a request
// wait.

import type { Field, Source } from './message.ts'

export interface Sites {
  /**
   * What a label of the registry leads to; 'unknown' when nobody holds it, 'empty' when it has no content.
   */
  find(label: string): { readonly root: string; readonly sequence: number } | 'unknown' | 'empty'
  /** The label that a foreign domain is bound to; the host is lower-case, without port or final dot. */
  bound?(host: string): string | undefined
}

export type Resolved =
  | { readonly kind: 'file'; readonly cid: string; readonly sizeBytes: number }
  | { readonly kind: 'directory'; readonly cid: string }
  | { readonly kind: 'missing' }

export interface Asker {
  /** The client's address. */
  readonly client: string
  readonly signal: AbortSignal
}

export interface Content {
  /** `path` is decoded segments joined by '/', '' for the root itself. Faults: content/*, net/unreachable. */
  resolve(root: string, path: string, signal: AbortSignal): Promise<Resolved>
  /**
   * Bytes [start, end) of a file. Throws Fault 'content/missing' when no holder is left, at any moment. `onSource`
   * is called before the first of them, if it is known where they come from.
   */
  read(
    root: string,
    cid: string,
    range: { readonly start: number; readonly end: number },
    signal: AbortSignal,
    onSource?: (source: Source) => void,
  ): AsyncIterable<Uint8Array>
  /**
   * One block, from this machine only; the CID comes as version 1 in base32. `site` is the root that another edge names
   * in `Inxt-Root`: a home of that site fetches the block for it, while `asker` stays. Throws its signal's reason.
   */
  block(cid: string, site?: string, asker?: Asker): Promise<Uint8Array | undefined>
}

export interface RouteRequest {
  /** As sent, percent-encoding included. */
  readonly path: string
  /** What stood in place of each `<name>` of the pattern, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly fields: readonly Field[]
  /** Throws Fault 'bytes/too-large' once more than the route's `bytesMax` arrive. */
  readonly body: AsyncIterable<Uint8Array>
  readonly client: string
  readonly signal: AbortSignal
}

export interface Route {
  /** Bound on the request's body; 0 for none. */
  readonly bytesMax: number
  answer(request: RouteRequest): Promise<{ readonly status: number; readonly json: unknown }>
}

/** By method and path, as in 'GET /inxt/holders/<cid>'; `<name>` stands for one segment. */
export type Routes = Readonly<Record<string, Route>>
