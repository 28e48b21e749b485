// LOC (RFC 1876): where on Earth something is, in 16 octets.
//
//   42 21 54.5 N 71 06 18.3 W -24m 30m 10000m 10m
//
// Angles are thousandths of a second from the equator and the prime meridian, offset by 2^31; the altitude is
// in centimetres above 100 km below the WGS 84 spheroid; sizes are one digit and a power of ten, in
// centimetres.

import { type Words, wrong } from './words.ts'

const middle = 0x8000_0000
const altitudeOffsetCm = 100_000 * 100
const secondMs = 1000

/** The 16 octets of what `words` say. Throws Fault `config/invalid`. */
export function parseLocation(words: Words): Uint8Array {
  const octets = Buffer.alloc(16)
  octets.writeUInt32BE(angle(words, 'latitude', 90, 'N', 'S'), 4)
  octets.writeUInt32BE(angle(words, 'longitude', 180, 'E', 'W'), 8)
  const altitudeCm = metres(words.next('altitude'), -100_000, 42_849_672.95)
  octets.writeUInt32BE(altitudeCm + altitudeOffsetCm, 12)
  // The defaults of RFC 1876 §3: a metre, ten kilometres, ten metres.
  for (const [i, byDefault] of ['1m', '10000m', '10m'].entries()) {
    octets[1 + i] = sizeOctet(metres(words.left > 0 ? words.next('size') : byDefault, 0, 90_000_000))
  }
  return octets
}

function angle(words: Words, what: string, degreesMax: number, plus: string, minus: string): number {
  const parts: string[] = []
  let side = words.next(what).toUpperCase()
  while (side !== plus && side !== minus && parts.length < 4) {
    parts.push(side)
    side = words.next(what).toUpperCase()
  }
  const [degrees = '', minutes = '0', seconds = '0'] = parts
  const good =
    parts.length <= 3 &&
    /^[0-9]{1,3}$/.test(degrees) &&
    /^[0-5]?[0-9]$/.test(minutes) &&
    /^[0-5]?[0-9](\.[0-9]{1,3})?$/.test(seconds)
  const value =
    (Number(degrees) * 60 + Number(minutes)) * 60 * secondMs + Math.round(Number(seconds) * secondMs)
  if (!good || value > degreesMax * 3600 * secondMs) {
    throw wrong(`a ${what} is degrees up to ${degreesMax}, minutes and seconds before ${plus} or ${minus}`)
  }
  return side === plus ? middle + value : middle - value
}

/** In centimetres. */
function metres(raw: string, min: number, max: number): number {
  const text = raw.replace(/m$/i, '')
  const value = /^-?[0-9]{1,8}(\.[0-9]{1,2})?$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw wrong(`metres from ${min} to ${max} are needed, not "${raw.slice(0, 30)}"`)
  return Math.round(value * 100)
}

function sizeOctet(cm: number): number {
  let exponent = 0
  let mantissa = cm
  for (; mantissa > 9; exponent++) mantissa = Math.floor(mantissa / 10)
  return (mantissa << 4) | exponent
}

/** Whether 16 octets are a LOC of version 0 within its limits (RFC 1876 §2). */
export function isLocation(octets: Uint8Array): boolean {
  if (octets[0] !== 0) return false
  const view = Buffer.from(octets)
  const within = (at: number, degrees: number): boolean =>
    Math.abs(view.readUInt32BE(at) - middle) <= degrees * 3600 * secondMs
  const sizes = [...octets.subarray(1, 4)]
  // A mantissa of 0 has exponent 0 only, or zero would have ten spellings.
  const sane = (size: number): boolean =>
    size >>> 4 <= 9 && (size & 15) <= 9 && (size >>> 4 > 0 || size === 0)
  return within(4, 90) && within(8, 180) && sizes.every(sane)
}

export function locationText(octets: Uint8Array): string {
  const view = Buffer.from(octets)
  const sizes = [...octets.subarray(1, 4)].map(size => metresText((size >>> 4) * 10 ** (size & 15)))
  const altitude = metresText(view.readUInt32BE(12) - altitudeOffsetCm)
  const angles = [angleText(view.readUInt32BE(4), 'N', 'S'), angleText(view.readUInt32BE(8), 'E', 'W')]
  return [...angles, altitude, ...sizes].join(' ')
}

function angleText(value: number, plus: string, minus: string): string {
  const ms = Math.abs(value - middle)
  const minutes = Math.floor(ms / (60 * secondMs))
  const seconds = (ms % (60 * secondMs)) / secondMs
  return `${Math.floor(minutes / 60)} ${minutes % 60} ${seconds.toFixed(3)} ${value >= middle ? plus : minus}`
}

function metresText(cm: number): string {
  return `${(cm / 100).toFixed(2)}m`
}
