// What a wallet can do for an edge: enter it into the Roll with a stake, change its entry, leave.
//
// An edge enters itself at every start, so entering is one call that looks first: it registers what is not there, and
// updates what is its own. The stake of an entry is not touched by that; more is added only when it fell below what
// was asked for.

import { Interface } from 'ethers/abi'
import { Fault } from '../../base/fault.ts'
import type { Addresses } from '../addresses.ts'
import { edgeCalls } from '../calls.ts'
import { ipv6Hex } from '../endpoint.ts'
import { createAsk } from './ask.ts'
import { createPayment } from './payment.ts'
import { zeroAddress } from './reader.ts'
import { requireHex } from './registrar.ts'
import type { Receipt, Wallet } from './wallet.ts'

export interface OperatorOptions {
  readonly wallet: Wallet
  readonly addresses: Addresses
}

/** Where an edge is reached; ports are numbers from 1, `httpsPort` 0 for none. */
export interface EdgePlace {
  /** Ed25519 public key, 0x and 64 hexadecimal digits. */
  readonly peerKey: string
  /** Dotted. */
  readonly address: string
  /** '' for none. */
  readonly ipv6?: string
  readonly dnsPort: number
  readonly httpPort: number
  readonly httpsPort?: number
  readonly overlayPort: number
}

export interface EdgeStanding {
  /** Lower case; undefined when there is no entry. */
  readonly owner: string | undefined
  /** INXT wei. */
  readonly stake: bigint
  /** Milliseconds since the epoch; 0 for an edge that has not left. */
  readonly withdrawableAt: number
}

/** Faults: `chain/reverted`, `chain/unreachable`, `chain/mismatch`, `input/invalid`. */
export interface Operator {
  readonly address: string
  standing(peerKey: string): Promise<EdgeStanding>
  /** INXT wei. */
  stakeMin(): Promise<bigint>
  /** Registers, or updates the wallet's own entry; at least `stake` INXT wei (the contract's minimum without it). */
  enter(place: EdgePlace, stake?: bigint): Promise<Receipt>
  /** Takes the edge off the list; its stake can be withdrawn after the unbonding term. */
  unbond(peerKey: string): Promise<Receipt>
  withdraw(peerKey: string): Promise<Receipt>
}

const registry = new Interface(edgeCalls)

function quad(address: string): string {
  const parts = address.split('.').map(Number)
  const fits = parts.length === 4 && parts.every(part => Number.isInteger(part) && part >= 0 && part <= 255)
  if (!fits) throw new Fault('input/invalid', `${JSON.stringify(address)} is not an IPv4 address.`)
  return `0x${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`
}

function portOf(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Fault('input/invalid', `${port} is not a port.`)
}

function keyOf(peerKey: string): string {
  return requireHex(peerKey, 'a peer key of 32 bytes', 32, 32)
}

function octad(ipv6: string): string {
  const hex = ipv6Hex(ipv6 === '' ? '::' : ipv6)
  if (hex === undefined) throw new Fault('input/invalid', `${JSON.stringify(ipv6)} is not an IPv6 address.`)
  return hex
}

/** The struct `Endpoint` of EdgeRegistry.sol. */
function endpointOf(place: EdgePlace): unknown[] {
  const ports = [place.dnsPort, place.httpPort, place.httpsPort ?? 0, place.overlayPort].map(portOf)
  return [quad(place.address), octad(place.ipv6 ?? ''), ...ports]
}

export function createOperator({ wallet, addresses }: OperatorOptions): Operator {
  const to = addresses.contracts.EdgeRegistry.address
  const ask = createAsk(wallet)
  const payment = createPayment({ wallet, token: addresses.contracts.InxtToken.address })
  const spender = { address: to, calls: registry }
  const send = (data: string): Promise<Receipt> => wallet.send({ to, data })
  const encode = (name: string, ...values: unknown[]): string => registry.encodeFunctionData(name, values)

  const standing = async (peerKey: string): Promise<EdgeStanding> => {
    const [edge] = await ask(to, registry, 'edge', keyOf(peerKey))
    const owner = String(edge.owner).toLowerCase()
    return {
      owner: owner === zeroAddress ? undefined : owner,
      stake: BigInt(edge.stake),
      withdrawableAt: Number(edge.withdrawableAt) * 1000,
    }
  }
  const stakeMin = async (): Promise<bigint> => {
    const [least] = await ask(to, registry, 'stakeMin')
    return BigInt(least)
  }

  return {
    address: wallet.address,
    standing,
    stakeMin,
    async enter(place, stake = 0n) {
      const [least, now] = await Promise.all([stakeMin(), standing(place.peerKey)])
      const wanted = stake > least ? stake : least
      const words = [keyOf(place.peerKey), wallet.address, endpointOf(place)]
      // An entry that is somebody else's is for the contract to refuse, in its own words.
      if (now.owner !== wallet.address)
        return payment.pay(spender, encode('register', ...words, wanted), async () => wanted)
      const missing = wanted - now.stake
      if (missing > 0n) await payment.pay(spender, encode('addStake', words[0], missing), async () => missing)
      return send(encode('update', ...words))
    },
    unbond: async peerKey => send(encode('unbond', keyOf(peerKey))),
    withdraw: async peerKey => send(encode('withdraw', keyOf(peerKey))),
  }
}
