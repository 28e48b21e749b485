// What calls of the contracts cost in gas, measured on a chain of their own: each call as its own transaction, with all
// that its caller pays, the 21,000 of any transaction and the call data included.
//
// Who registers, and who receives a `transfer`, has never held a name, so ERC-721's count of names is made for him
// (22,100 gas): the dear case. `transferToHolder` is the other. Rent is paid from an allowance, and the registrar has
// been paid before, as on every day but the first. `beside` leaves out what the token itself used to move the rent, as
// its own call frame says (`debug_traceTransaction`).

import { Interface, type InterfaceAbi } from 'ethers/abi'
import type { ContractName } from '../addresses.ts'
import { parseQuantity } from '../answers.ts'
import { childNode } from '../label.ts'
import { compiled, type Devchain, startDevchain } from './devchain.ts'
import type { Receipt, Wallet } from './wallet.ts'

export interface Cost {
  readonly call: string
  readonly gas: number
  /** Without the transfer of INXT; the same where there is none. */
  readonly beside: number
}

interface Frame {
  readonly to?: string
  readonly gasUsed: string
  readonly calls?: readonly Frame[]
}

/** Sends one call of one contract. */
export type Send = (from: Wallet, to: ContractName, call: string, ...values: unknown[]) => Promise<Receipt>

export async function createSend(chain: Devchain): Promise<Send> {
  const artifacts = await compiled()
  return (from, to, call, ...values) => {
    const data = new Interface(artifacts[to].abi as unknown as InterfaceAbi).encodeFunctionData(call, values)
    return from.send({ to: chain.addresses.contracts[to].address, data })
  }
}

/** What the frames of calls to `token` used together. */
function usedBy(token: string, frame: Frame): number {
  if (frame.to?.toLowerCase() === token) return parseQuantity(frame.gasUsed, 'gas')
  return (frame.calls ?? []).reduce((sum, call) => sum + usedBy(token, call), 0)
}

async function costOf(chain: Devchain, call: string, receipt: Receipt): Promise<Cost> {
  const trace = await chain.rpc.call('debug_traceTransaction', [
    receipt.transaction,
    { tracer: 'callTracer' },
  ])
  const used = usedBy(chain.addresses.contracts.InxtToken.address, trace as Frame)
  return { call, gas: receipt.gasUsed, beside: receipt.gasUsed - used }
}

const secret = `0x${'5e'.repeat(32)}`
const site = (byte: string): string => `0xe30101701220${byte.repeat(32)}`
const none = '0x'

type Keep = (call: string, receipt: Promise<Receipt>) => Promise<void>

async function measureNames(chain: Devchain, send: Send, keep: Keep): Promise<void> {
  const [alice, bob, carol] = await Promise.all([0, 1, 2].map(chain.wallet))
  const registrar = new Interface((await compiled()).NameRegistrar.abi as unknown as InterfaceAbi)
  const { address } = chain.addresses.contracts.NameRegistrar
  const commit = async (from: Wallet, words: unknown[]): Promise<Receipt> => {
    const data = registrar.encodeFunctionData('commitmentOf', words)
    return send(from, 'NameRegistrar', 'commit', await from.read({ to: address, data }))
  }
  for (const from of [alice!, bob!]) await send(from, 'InxtToken', 'approve', address, 10n ** 24n)
  const first = ['paidbefore', bob!.address, 1, secret, none]
  await commit(bob!, first)
  await send(bob!, 'NameRegistrar', 'register', ...first)

  const node = childNode(chain.addresses.suffixNode, 'mysite')
  const words = ['mysite', alice!.address, 1, secret, site('a1')]
  await keep('commit', commit(alice!, words))
  await keep('registerWithContent', send(alice!, 'NameRegistrar', 'register', ...words))
  const bare = ['emptysite', bob!.address, 1, secret, none]
  await commit(bob!, bare)
  await keep('register', send(bob!, 'NameRegistrar', 'register', ...bare))
  await keep('renew', send(alice!, 'NameRegistrar', 'renew', 'mysite', 1))
  await keep('setContent', send(alice!, 'NameRegistry', 'setContenthash', node, site('b2')))
  await keep('setZone', send(alice!, 'NameRegistry', 'setZonehash', node, site('c3')))
  await keep('setDelegate', send(alice!, 'NameRegistry', 'setDelegate', node, carol!.address))
  await send(alice!, 'NameRegistry', 'setDelegate', node, `0x${'00'.repeat(20)}`)
  const move = [alice!.address, bob!.address, node]
  await keep('transferToHolder', send(alice!, 'NameRegistrar', 'transferFrom', ...move))
  const onward = [bob!.address, carol!.address, node]
  await keep('transfer', send(bob!, 'NameRegistrar', 'transferFrom', ...onward))
}

async function measureOthers(chain: Devchain, send: Send, keep: Keep): Promise<void> {
  const [alice, bob] = await Promise.all([0, 1].map(chain.wallet))
  const { address } = chain.addresses.contracts.EdgeRegistry
  const endpoint = ['0x7f000101', `0x${'00'.repeat(16)}`, 53, 80, 443, 4001]
  const stake = 10n ** 20n
  for (const from of [alice!, bob!]) await send(from, 'InxtToken', 'approve', address, 10n ** 24n)
  await send(bob!, 'EdgeRegistry', 'register', `0x${'e1'.repeat(32)}`, bob!.address, endpoint, stake)
  const key = `0x${'e2'.repeat(32)}`
  await keep('enterEdge', send(alice!, 'EdgeRegistry', 'register', key, alice!.address, endpoint, stake))
  const moved = ['0x7f000102', ...endpoint.slice(1)]
  await keep('updateEdge', send(alice!, 'EdgeRegistry', 'update', key, alice!.address, moved))
  await keep('unbondEdge', send(alice!, 'EdgeRegistry', 'unbond', key))
  await keep('claimDomain', send(alice!, 'DomainClaims', 'claim', 'www.example.com', key))
}

/** Every row of the table in docs/contracts.md. */
export async function measureGas(): Promise<Cost[]> {
  const chain = await startDevchain()
  try {
    const send = await createSend(chain)
    const costs: Cost[] = []
    const keep: Keep = async (call, receipt) => {
      costs.push(await costOf(chain, call, await receipt))
    }
    await measureNames(chain, send, keep)
    await measureOthers(chain, send, keep)
    return costs
  } finally {
    await chain.stop()
  }
}
