// The contracts' functions as functions: what a wallet can do to names and edges.

import { fromHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { decodeTuple, encodeCall, type Signature, type Value } from '../abi.ts'
import { childNode, requireLabel } from '../label.ts'
import type { Revert } from '../revert.ts'
import { edgeCalls, nameCalls } from '../signatures.ts'
import type { EdgeEntry } from '../table.ts'
import type { Receipt, Wallet } from './wallet.ts'

export interface RegistrarOptions {
  readonly wallet: Wallet
  readonly suffixNode: string
  readonly nameRegistry: string
  readonly edgeRegistry: string
}

/**
 * Every method waits until its transaction is mined. Faults: `chain/reverted`, `chain/unreachable`,
 * `name/invalid`, `config/invalid`.
 */
export interface Registrar {
  readonly address: string
  /** Also Fault `name/taken`. */
  register(label: string): Promise<Receipt>
  renew(label: string): Promise<Receipt>
  transfer(label: string, to: string): Promise<Receipt>
  /** `contenthash` as 0x and hexadecimal text (EIP-1577), at most 128 bytes. */
  setContenthash(label: string, contenthash: string): Promise<Receipt>
  /** Zero address when nobody holds the name; what the chain says now, not what a follower has read. */
  owner(label: string): Promise<string>
  contenthash(label: string): Promise<string>
  sequence(label: string): Promise<number>
  /** Milliseconds since the epoch; 0 for a name that was never registered. */
  expiresAt(label: string): Promise<number>
  /** Enters an edge, or changes it when it is already there. */
  registerEdge(edge: Omit<EdgeEntry, 'owner'>): Promise<Receipt>
  updateEdge(edge: Omit<EdgeEntry, 'owner'>): Promise<Receipt>
  removeEdge(peerKey: string): Promise<Receipt>
}

function quad(address: string): string {
  const parts = address.split('.').map(Number)
  const fits = parts.length === 4 && parts.every(part => Number.isInteger(part) && part >= 0 && part <= 255)
  if (!fits) throw new Fault('config/invalid', `${JSON.stringify(address)} is not an IPv4 address.`)
  return `0x${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`
}

/** For what a person typed: Fault `config/invalid` unless it is hexadecimal text of so many bytes. */
function hexOf(text: string, what: string, bytesMin: number, bytesMax: number): string {
  const bytes = text.startsWith('0x') ? fromHex(text) : undefined
  if (bytes && bytes.length >= bytesMin && bytes.length <= bytesMax) return text.toLowerCase()
  throw new Fault('config/invalid', `${JSON.stringify(text.slice(0, 80))} is not ${what}.`)
}

function portOf(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Fault('config/invalid', `${port} is not a port.`)
}

function keyOf(peerKey: string): string {
  return hexOf(peerKey, 'a peer key of 32 bytes', 32, 32)
}

function edgeValues(edge: Omit<EdgeEntry, 'owner'>): Value[] {
  const ports = [edge.dnsPort, edge.httpPort, edge.overlayPort].map(portOf)
  return [keyOf(edge.peerKey), quad(edge.address), ...ports]
}

function takenOr(error: unknown, label: string): unknown {
  const revert = isFault(error, 'chain/reverted') ? (error.cause as Revert | undefined) : undefined
  if (revert?.error !== 'NameTaken') return error
  return new Fault('name/taken', `${label} belongs to ${revert.values.owner}.`, { cause: error })
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { wallet, nameRegistry, edgeRegistry } = options
  const node = (label: string): string => childNode(options.suffixNode, requireLabel(label))
  const send = (to: string, call: Signature | undefined, values: Value[]): Promise<Receipt> =>
    wallet.send({ to, data: encodeCall(call!, values) })
  const sendName = (name: string, values: Value[]) => send(nameRegistry, nameCalls.get(name), values)
  const sendEdge = (name: string, values: Value[]) => send(edgeRegistry, edgeCalls.get(name), values)
  const readName = async (name: string, label: string, type: string): Promise<Value> => {
    const data = encodeCall(nameCalls.get(name)!, [node(label)])
    const bytes = fromHex(await wallet.read({ to: nameRegistry, data }))
    return decodeTuple([type], bytes!)[0]!
  }
  return {
    address: wallet.address,
    register: async label => {
      const sent = sendName('register', [requireLabel(label)])
      return sent.catch(error => {
        throw takenOr(error, label)
      })
    },
    renew: async label => sendName('renew', [node(label)]),
    transfer: async (label, to) => sendName('transfer', [node(label), hexOf(to, 'an address', 20, 20)]),
    setContenthash: async (label, contenthash) =>
      sendName('setContenthash', [node(label), hexOf(contenthash, 'a content hash', 0, 1024)]),
    owner: async label => String(await readName('owner', label, 'address')),
    contenthash: async label => String(await readName('contenthash', label, 'bytes')),
    sequence: async label => Number(await readName('sequence', label, 'uint64')),
    expiresAt: async label => Number(await readName('expiresAt', label, 'uint64')) * 1000,
    registerEdge: async edge => sendEdge('register', edgeValues(edge)),
    updateEdge: async edge => sendEdge('update', edgeValues(edge)),
    removeEdge: async peerKey => sendEdge('remove', [keyOf(peerKey)]),
  }
}
