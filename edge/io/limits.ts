// What one client, and all of them together, may cost: the bounds of the HTTP server with their reasons.
//
// The defaults are for an edge on a public address. Every bound has a number here, so that the memory of the
// whole server has one as well: connections times their buffers, and what waits for slow readers.

export interface HttpLimits {
  /** Request line and fields together, of HTTP/2 the block on the wire and unpacked; past it 431. */
  readonly headBytesMax: number
  readonly fieldsMax: number
  /** From the first byte of a head to its last, and for a handshake: what a slow one can hold a connection. */
  readonly headTimeoutMs: number
  /** From the last byte of a head to the last of its body; bounds uploads. */
  readonly requestTimeoutMs: number
  /** For the first byte of the answer to GET and HEAD; past it 504. */
  readonly answerTimeoutMs: number
  /** How long an answer may wait for its reader before the rate is looked at. */
  readonly idleTimeoutMs: number
  /** What a reader must take while an answer waits for it, or it is cut. */
  readonly rateMinBytesPerS: number
  /** How long a connection is still read when we have said all, or kept when its client has. */
  readonly lingerMs: number
  /** Between two requests on one connection. */
  readonly keepAliveMs: number
  readonly requestsPerConnectionMax: number
  readonly connectionsMax: number
  readonly connectionsPerClientMax: number
  readonly requestsPerClientPerS: number
  readonly requestsPerClientBurst: number
  /** Of clients on loopback, each address for itself; as many may come at once. */
  readonly requestsPerLocalClientPerS: number
  readonly handshakesPerClientPerS: number
  readonly handshakesPerClientBurst: number
  /** Answers under way at a time. */
  readonly answersMax: number
  /** Octets that wait for their readers, of all answers together. */
  readonly waitingBytesMax: number
  /** HTTP/2: at a time on one connection. */
  readonly streamsMax: number
}

export const defaultLimits: HttpLimits = {
  headBytesMax: 16 * 1024, // what nginx takes; browsers send about 1 KiB
  fieldsMax: 100,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 10 * 60_000, // 1 GiB at 15 Mbit/s
  answerTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  rateMinBytesPerS: 500, // a tenth of GPRS: below it nobody waits for a page
  lingerMs: 2_000,
  keepAliveMs: 15_000, // longer than a person needs between two pages of a site
  requestsPerConnectionMax: 1_000_000, // a connection cannot hold its place for ever
  connectionsMax: 8_192, // at some 20 KiB each: 160 MiB
  connectionsPerClientMax: 1_024, // an eighth: one client alone cannot take all
  requestsPerClientPerS: 1_000, // a company behind one address, and a tenth of what a core answers
  requestsPerClientBurst: 5_000,
  requestsPerLocalClientPerS: 100_000, // a proxy before us brings everybody, and whoever measures means to
  handshakesPerClientPerS: 200, // a tenth of what a core does
  handshakesPerClientBurst: 1_000,
  answersMax: 8_192,
  waitingBytesMax: 256 * 1024 * 1024, // a thousand readers who are behind by a whole chunk
  streamsMax: 100, // what RFC 9113 §6.5.2 asks for at least
}
