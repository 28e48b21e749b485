// NOTIFY (RFC 1996): tells a secondary that there is a new version, over UDP, until it says that it heard.
//
// Signed, and so is what counts as heard: a forger could otherwise keep a secondary from coming. Waits double, as
// RFC 1996 §3.6 lets them, and end after a minute; whoever missed it all finds out by the refresh of the SOA.

import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { isFault } from '../../../base/fault.ts'
import type { Log } from '../../../base/io/log.ts'
import { classes, opcodes, types } from '../../wire/code.ts'
import { flagBits, opcodeBits, opcodeOf } from '../../wire/header.ts'
import { encodeMessage } from '../../wire/message.ts'
import { nameText } from '../../wire/name.ts'
import type { ResourceRecord } from '../../wire/record.ts'
import { readSigned, signMessage, type TsigKey, verify } from '../tsig.ts'

export interface Notice {
  readonly to: { readonly address: string; readonly port: number }
  /** The address that the secondary knows us by. */
  readonly from: string
  readonly soa: ResourceRecord
  readonly key: TsigKey
}

export const defaultWaitsMs: readonly number[] = [2000, 4000, 8000, 16_000, 32_000]

/** As the secondary's clock has it, which judges the MAC (RFC 8945 §5.2.3). */
const seconds = (): number => Math.floor(Date.now() / 1000)

/** Sends once for each wait; true when it was heard, false when not, or when `stop` aborts. Never rejects. */
export async function notify(
  notice: Notice,
  stop: AbortSignal,
  log: Log,
  waitsMs: readonly number[] = defaultWaitsMs,
): Promise<boolean> {
  const { to, from, soa, key } = notice
  const told = { zone: nameText(soa.name), secondary: to.address }
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4')
  const id = randomInt(0x1_0000)
  const macs: Uint8Array[] = []
  let timer: NodeJS.Timeout | undefined
  const send = (turn: number): void => {
    const waitMs = waitsMs[turn]
    if (waitMs === undefined) {
      resolve(false)
      return
    }
    const { packet, mac } = signMessage(noticeBytes(id, soa), key, { timeS: seconds() })
    macs.push(mac)
    // A port that is closed tells on the next turn, as a lost datagram does.
    socket.send(packet, () => {})
    timer = setTimeout(send, waitMs, turn + 1)
  }
  const stopped = (): void => resolve(false)
  stop.addEventListener('abort', stopped)
  if (stop.aborted) stopped()
  let isConnected = false
  socket.on('error', error => {
    log.debug({ ...told, err: error }, 'a NOTIFY met an error')
    if (!isConnected) resolve(false)
  })
  socket.on('message', packet => {
    if (hears(packet, id, key, macs)) resolve(true)
  })
  socket.once('connect', () => {
    isConnected = true
    send(0)
  })
  bindAndConnect(socket, from, to)
  const heard = await promise
  stop.removeEventListener('abort', stopped)
  clearTimeout(timer)
  socket.close()
  if (heard) log.info(told, 'a secondary is notified')
  else if (!stop.aborted) log.warn(told, 'a secondary does not answer NOTIFY')
  return heard
}

function bindAndConnect(socket: Socket, from: string, { address, port }: Notice['to']): void {
  socket.bind({ address: from, port: 0, exclusive: true }, () => socket.connect(port, address))
}

function noticeBytes(id: number, soa: ResourceRecord): Uint8Array {
  return encodeMessage({
    id,
    flags: opcodeBits(opcodes.NOTIFY) | flagBits.AA,
    questions: [{ name: soa.name, type: types.SOA, class: classes.IN }],
    answers: [soa],
    authorities: [],
    additionals: [],
  })
}

/** Whether `packet` is an answer to this NOTIFY by who has the key, whatever its rcode. */
function hears(packet: Uint8Array, id: number, key: TsigKey, macs: readonly Uint8Array[]): boolean {
  try {
    const signed = readSigned(packet)
    if (signed === undefined) return false
    const flags = (packet[2]! << 8) | packet[3]!
    const fits = ((packet[0]! << 8) | packet[1]!) === id && (flags & flagBits.QR) !== 0
    if (!fits || opcodeOf(flags) !== opcodes.NOTIFY) return false
    return macs.some(prior => verify(signed, [key], seconds(), { prior }).kind === 'good')
  } catch (error) {
    if (isFault(error, 'bytes/malformed')) return false
    throw error
  }
}
