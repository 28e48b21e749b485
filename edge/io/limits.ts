// What one client, and all of them together, may cost: the bounds of the HTTP server with their reasons.
//
// The defaults are for an edge on a public address. Every bound has a number here, so that the memory of the
// whole server has one as well.

export interface HttpLimits {
  /** Request line and fields together; past it 431. */
  readonly headBytesMax: number
  readonly fieldsMax: number
  /** From the first byte of a head to its last: the time a slow head can hold a connection. */
  readonly headTimeoutMs: number
  /** From the first byte of a request to the last of its body; bounds uploads. */
  readonly requestTimeoutMs: number
  /** For the first byte of the answer to GET and HEAD; past it 504. */
  readonly answerTimeoutMs: number
  /** Without any byte in either direction; past it the connection is cut. */
  readonly idleTimeoutMs: number
  /** Between two requests on one connection. */
  readonly keepAliveMs: number
  readonly requestsPerConnectionMax: number
  readonly connectionsMax: number
  readonly connectionsPerClientMax: number
}

export const defaultLimits: HttpLimits = {
  headBytesMax: 16 * 1024, // what Node and nginx take; browsers send about 1 KiB
  fieldsMax: 100,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 10 * 60_000, // 1 GiB at 15 Mbit/s
  answerTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  keepAliveMs: 15_000, // longer than a person needs between two pages of a site
  requestsPerConnectionMax: 10_000, // a connection cannot hold its place for ever
  connectionsMax: 8_192, // at some 20 KiB each: 160 MiB
  connectionsPerClientMax: 1_024, // an eighth: one client alone cannot take all
}
