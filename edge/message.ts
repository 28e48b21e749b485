// A request and its answer as data: what the steps of the ingress take and give, over HTTP/1.1 and HTTP/2 alike.
//
// Fields stay the list that came over the wire, duplicates included. A map would have to decide what two Host
// lines mean before anybody may judge them, and that decision is the root of request smuggling (RFC 9112
// §11.2). Of HTTP/2, `:authority` stands in the list as Host. Nobody writes to the wire in a step: an answer's
// body is bytes or a stream of them, and even a tunnel is data, a function from what comes in to what goes out.

export type Field = readonly [name: string, value: string]

export interface IngressRequest {
  readonly method: string
  /** The request-target exactly as sent. */
  readonly target: string
  readonly version: '1.0' | '1.1' | '2'
  /** Whether it came through TLS. */
  readonly secure: boolean
  readonly fields: readonly Field[]
  /** What the client sends after the head; may be pulled once, is empty when there is none. */
  readonly body: AsyncIterable<Uint8Array>
  /** What came behind the body; empty until that was read to its end. */
  readonly trailers?: () => readonly Field[]
  /** The client's address as text, without port. */
  readonly client: string
  /** Milliseconds since the Unix epoch. */
  readonly receivedAt: number
  /** Aborts when the client has gone or the answer is overdue; then its reason is a Fault. Made when first read. */
  readonly signal: AbortSignal
  /**
   * Passes an interim answer on (RFC 9110 §15.2), such as 103, at once: any number of them before the answer. Ignored
   * are 100 and 101, which the rim sends by itself, and all for clients of HTTP/1.0, who know none.
   */
  readonly interim?: (status: number, fields: readonly Field[]) => void
}

export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** What the client sends from now on becomes what it gets; either side may end first. */
export type Tunnel = (incoming: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** Where the bytes of an answer came from: `Cache-Status` and `Server-Timing` tell the client. */
export interface Source {
  readonly from: 'memory' | 'disk' | 'peer' | 'origin'
  /** Which peer or origin: printable ASCII. */
  readonly which?: string
}

export interface IngressResponse {
  readonly status: number
  readonly fields: readonly Field[]
  /** Undefined for answers without content (204, 304) and, at the end of the chain, for HEAD. */
  readonly body: Body | undefined
  /**
   * What Content-Length says: also for HEAD, where the body itself is left out. Undefined when nobody knows
   * beforehand: then chunks, the end of the stream, or (HTTP/1.0) of the connection say where the body ends.
   */
  readonly sizeBytes: number | undefined
  /** Asked once, behind the last byte of the body; left out where the client could not tell them from it. */
  readonly trailers?: () => readonly Field[]
  /** Asked once, when the first byte of the body is there. */
  readonly source?: () => Source | undefined
  /** An origin's own: no field is added that protects a site's readers, and the head does not wait for the body. */
  readonly isRelayed?: boolean
  /** This very object answers other requests as well, and its fields may be sent: what is made of it may be kept. */
  readonly isReady?: boolean
  /** With status 101 only, to a request that asked for an upgrade over HTTP/1.1: the connection is its from here. */
  readonly tunnel?: Tunnel
}

/** At once where nothing had to be waited for: such an answer goes out in the same turn of the event loop. */
export type Answer = IngressResponse | Promise<IngressResponse>

/** Goes on with an answer: at once when it is there at once. */
export function andThen(answer: Answer, go: (response: IngressResponse) => Answer): Answer {
  return answer instanceof Promise ? answer.then(go) : go(answer)
}

export type Ingress = (request: IngressRequest) => Answer

/** Every value sent under this lower-case name, one per field line. */
export function fieldLines(fields: readonly Field[], name: string): string[] {
  const lines: string[] = []
  for (const [key, value] of fields) if (isNamed(key, name)) lines.push(value)
  return lines
}

/** The lines of a field as one comma-separated list (RFC 9110 §5.3); undefined when there is none. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  let all: string | undefined
  for (const [key, value] of fields)
    if (isNamed(key, name)) all = all === undefined ? value : `${all}, ${value}`
  return all
}

/** The answer with more fields, except those it has already: the inner step knew better. */
export function withFields(response: IngressResponse, fields: readonly Field[]): IngressResponse {
  const all = [...response.fields]
  const present = all.length
  for (const field of fields) if (!has(all, present, field[0].toLowerCase())) all.push(field)
  return { ...response, fields: all }
}

function has(fields: readonly Field[], count: number, name: string): boolean {
  for (let i = 0; i < count; i++) if (isNamed(fields[i]![0], name)) return true
  return false
}

/** Names differ in length more often than not, which is quickly seen. */
function isNamed(key: string, name: string): boolean {
  return key.length === name.length && key.toLowerCase() === name
}

export function bytesResponse(status: number, fields: readonly Field[], body: Uint8Array): IngressResponse {
  return { status, fields, body, sizeBytes: body.length }
}

export function emptyResponse(status: number, fields: readonly Field[]): IngressResponse {
  return { status, fields, body: undefined, sizeBytes: 0 }
}
