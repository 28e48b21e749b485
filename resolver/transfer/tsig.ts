// TSIG (RFC 8945): a message vouched for with a secret that both sides hold, and a time against replays.
//
// The record is read off the packet, not off a decoded message, because what is signed is the octets before it. Every
// MAC is compared in constant time; one that is cut short is refused even where RFC 8945 §5.2.2.1 would let it pass,
// for nobody who shares a key with us needs to save sixteen octets. HMAC-MD5 and HMAC-SHA-1 are left out.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { concatBytes } from '../../base/bytes.ts'
import { classes, types } from '../wire/code.ts'
import { headerBytes, readHeader } from '../wire/header.ts'
import { foldCase, type Name, nameOctets, parseName, readName } from '../wire/name.ts'
import { readQuestion } from '../wire/question.ts'
import { malformed, Reader } from '../wire/reader.ts'

/** HMACs by the name that says so on the wire (RFC 8945 §6). */
export const tsigAlgorithms: ReadonlyMap<Name, { readonly digest: string; readonly macBytes: number }> =
  new Map([
    [parseName('hmac-sha256'), { digest: 'sha256', macBytes: 32 }],
    [parseName('hmac-sha384'), { digest: 'sha384', macBytes: 48 }],
    [parseName('hmac-sha512'), { digest: 'sha512', macBytes: 64 }],
  ])

/** RFC 8945 §3: numbers of their own, some of which mean something else in OPT. */
export const tsigErrors = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

export interface TsigKey {
  /** In lower case. */
  readonly name: Name
  /** A key of `tsigAlgorithms`. */
  readonly algorithm: Name
  readonly secret: Uint8Array
}

/** The record as it came, names in lower case. */
export interface Tsig {
  readonly keyName: Name
  readonly algorithm: Name
  /** Seconds since 1970, 48 bits. */
  readonly timeS: number
  readonly fudgeS: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: number
  readonly other: Uint8Array
}

export interface Signed {
  readonly tsig: Tsig
  /** The message as it was before it was signed. */
  readonly body: Uint8Array
}

export type Verdict =
  | { readonly kind: 'good'; readonly key: TsigKey }
  /** `key` where the MAC is right nevertheless: then the complaint is signed too (RFC 8945 §5.3.2). */
  | { readonly kind: 'bad'; readonly error: number; readonly key?: TsigKey }

/** Seconds by which clocks may differ; RFC 8945 §10 recommends it. */
const fudgeUsualS = 300
const timeSpan = 0x1_0000_0000

/**
 * Undefined for a message without TSIG. Throws Fault `bytes/malformed` when it cannot be read that far, or has one
 * that is not the last of all records (RFC 8945 §5.1).
 */
export function readSigned(packet: Uint8Array): Signed | undefined {
  const reader = new Reader(packet)
  const header = readHeader(reader)
  for (let i = header.questionCount; i > 0; i--) readQuestion(reader)
  for (let i = header.answerCount + header.authorityCount + header.additionalCount; i > 0; i--) {
    const at = reader.at
    const keyName = foldCase(readName(reader))
    const type = reader.u16()
    const classCode = reader.u16()
    const ttlS = reader.u32()
    const length = reader.u16()
    if (type !== types.TSIG) {
      if (length > reader.left) throw malformed('record data runs past the end')
      reader.at += length
      continue
    }
    if (i > 1 || header.additionalCount === 0 || length !== reader.left)
      throw malformed('TSIG is not the last record')
    if (classCode !== classes.ANY || ttlS !== 0) throw malformed('TSIG of a class or with a TTL')
    const tsig = { keyName, ...readTsigData(reader) }
    const body = new Uint8Array(packet.subarray(0, at))
    put16(body, 0, tsig.originalId)
    put16(body, 10, header.additionalCount - 1)
    return { tsig, body }
  }
  return undefined
}

function readTsigData(reader: Reader): Omit<Tsig, 'keyName'> {
  const data = {
    algorithm: foldCase(readName(reader)),
    timeS: reader.u16() * timeSpan + reader.u32(),
    fudgeS: reader.u16(),
    mac: reader.take(reader.u16()),
    originalId: reader.u16(),
    error: reader.u16(),
    other: reader.take(reader.u16()),
  }
  if (reader.left > 0) throw malformed(`${reader.left} octets after TSIG`)
  return data
}

export interface Vouching {
  /** Seconds since 1970, for the record. */
  readonly timeS: number
  /** The MAC that this one continues: of the request, or of the message before (RFC 8945 §5.3, §5.3.1). */
  readonly prior?: Uint8Array
  /** True for all messages of an answer but the first. */
  readonly continues?: boolean
  readonly error?: number
  readonly other?: Uint8Array
}

/** `message` with a TSIG behind it, and the MAC for the next. */
export function signMessage(
  message: Uint8Array,
  key: TsigKey,
  vouching: Vouching,
): { packet: Uint8Array; mac: Uint8Array } {
  const { timeS, error = 0, other = new Uint8Array() } = vouching
  const originalId = (message[0]! << 8) | message[1]!
  const tsig = {
    keyName: key.name,
    algorithm: key.algorithm,
    timeS,
    fudgeS: fudgeUsualS,
    originalId,
    error,
    other,
  }
  const mac = macOf(message, key, tsig, vouching)
  return { packet: append(message, { ...tsig, mac }), mac }
}

/** `message` with a TSIG that says what is wrong with that of the request and vouches for nothing. */
export function complain(message: Uint8Array, tsig: Tsig, error: number): Uint8Array {
  return append(message, { ...tsig, mac: new Uint8Array(), error, other: new Uint8Array() })
}

/** Octets that `signMessage` adds without other data. */
export function tsigBytes(key: TsigKey): number {
  return key.name.length + key.algorithm.length + tsigAlgorithms.get(key.algorithm)!.macBytes + 28
}

/**
 * Judges in the order of RFC 8945 §5.2: key, MAC, time, truncation. `prior` as in `Vouching`. Throws Fault
 * `bytes/malformed` for a MAC of a length that none may have (§5.2.2.1).
 */
export function verify(
  { tsig, body }: Signed,
  keys: readonly TsigKey[],
  nowS: number,
  vouched: Pick<Vouching, 'prior' | 'continues'> = {},
): Verdict {
  const key = keys.find(({ name, algorithm }) => name === tsig.keyName && algorithm === tsig.algorithm)
  if (key === undefined) return { kind: 'bad', error: tsigErrors.BADKEY }
  const { macBytes } = tsigAlgorithms.get(key.algorithm)!
  if (tsig.mac.length > macBytes) throw malformed('a MAC longer than its HMAC')
  // Without a MAC the other side says that it could not vouch, which is no reason to complain of its format.
  if (tsig.mac.length > 0 && tsig.mac.length < macBytes / 2) throw malformed('a MAC cut to less than half')
  const right = macOf(body, key, tsig, vouched).subarray(0, tsig.mac.length)
  if (tsig.mac.length === 0 || !timingSafeEqual(right, tsig.mac))
    return { kind: 'bad', error: tsigErrors.BADSIG }
  if (Math.abs(nowS - tsig.timeS) > tsig.fudgeS) return { kind: 'bad', error: tsigErrors.BADTIME, key }
  if (tsig.mac.length < macBytes) return { kind: 'bad', error: tsigErrors.BADTRUNC, key }
  return { kind: 'good', key }
}

type Variables = Omit<Tsig, 'mac'>

function macOf(
  body: Uint8Array,
  key: TsigKey,
  tsig: Variables,
  { prior, continues }: Pick<Vouching, 'prior' | 'continues'>,
): Uint8Array {
  const hmac = createHmac(tsigAlgorithms.get(key.algorithm)!.digest, key.secret)
  if (prior !== undefined) hmac.update(octets16(prior.length)).update(prior)
  hmac.update(body)
  return hmac.update(continues === true ? timers(tsig) : variables(tsig)).digest()
}

function timers({ timeS, fudgeS }: Variables): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeUIntBE(timeS, 0, 6)
  bytes.writeUInt16BE(fudgeS, 6)
  return bytes
}

/** RFC 8945 §4.3.3. */
function variables(tsig: Variables): Uint8Array {
  return concatBytes([
    nameOctets(tsig.keyName),
    octets16(classes.ANY),
    new Uint8Array(4),
    nameOctets(tsig.algorithm),
    timers(tsig),
    octets16(tsig.error),
    octets16(tsig.other.length),
    tsig.other,
  ])
}

function append(message: Uint8Array, tsig: Tsig): Uint8Array {
  const data = concatBytes([
    nameOctets(tsig.algorithm),
    timers(tsig),
    octets16(tsig.mac.length),
    tsig.mac,
    octets16(tsig.originalId),
    octets16(tsig.error),
    octets16(tsig.other.length),
    tsig.other,
  ])
  const head = [octets16(types.TSIG), octets16(classes.ANY), new Uint8Array(4), octets16(data.length)]
  const packet = concatBytes([message, nameOctets(tsig.keyName), ...head, data])
  put16(packet, headerBytes - 2, ((packet[10]! << 8) | packet[11]!) + 1)
  return packet
}

function octets16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff)
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}
