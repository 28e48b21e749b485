// Where the contracts of one chain are: what an edge must know to follow them, and a wallet to use them.
//
// One file a chain, written by the deployment. It names the code found at each address, because an address alone says
// nothing about a chain that was started anew or is another one.

import { Fault } from '../base/fault.ts'
import type { Created } from './deployment.ts'

export const contractNames = [
  'InxtToken',
  'TokenSale',
  'NameRegistry',
  'NameRegistrar',
  'DomainClaims',
  'EdgeRegistry',
  'SlashPolicy',
] as const

export type ContractName = (typeof contractNames)[number]

export interface Addresses {
  readonly chainId: number
  /** The label under which every name lies: `inxt`. */
  readonly suffix: string
  /** Its node (EIP-137). */
  readonly suffixNode: string
  readonly contracts: Readonly<Record<ContractName, Created>>
  /** The first block that can hold an event of theirs. */
  readonly deployedAtBlock: number
}

const hash = /^0x[0-9a-f]{64}$/
const createdForm: Record<keyof Created, RegExp | 'number'> = {
  address: /^0x[0-9a-f]{40}$/,
  codeHash: hash,
  creationHash: /^[0-9a-f]{64}$/,
  blockNumber: 'number',
}

/** The name of the first field that does not have its form. */
function wrongField(value: unknown, form: Readonly<Record<string, RegExp | 'number'>>): string | undefined {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  return Object.entries(form).find(([name, rule]) => {
    const field = fields[name]
    if (rule === 'number') return !Number.isSafeInteger(field) || (field as number) < 0
    return typeof field !== 'string' || !rule.test(field)
  })?.[0]
}

/** Contracts of which the record is whole. */
export function parseCreated(value: unknown): Map<ContractName, Created> {
  const records = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const whole = contractNames.filter(name => wrongField(records[name], createdForm) === undefined)
  return new Map(whole.map(name => [name, records[name] as Created]))
}

/** Fault `state/broken` naming what is missing in the file, or was written by another version. */
export function parseAddresses(value: unknown, file: string): Addresses {
  const form = {
    chainId: 'number',
    suffix: /^[a-z0-9-]{1,63}$/,
    suffixNode: hash,
    deployedAtBlock: 'number',
  } as const
  const contracts = parseCreated((value as Partial<Addresses> | null)?.contracts)
  const missing = wrongField(value, form) ?? contractNames.find(name => !contracts.has(name))
  if (missing === undefined) return value as Addresses
  throw new Fault('state/broken', `${file} has no valid ${missing}.`, {
    hint: 'Write it anew: `inxt deploy` finishes what it began and leaves alone what is complete.',
  })
}
