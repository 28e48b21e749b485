// Entering the Roll in a process of its own: what signs and sends that one transaction would take 12 MiB of an edge for
// as long as it serves.
//
// Rejected: a thread, which left 24 MiB behind. The key goes through the channel, where no list of processes shows it.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault, type FaultCode } from '../../base/fault.ts'
import type { Addresses } from '../addresses.ts'
import type { EdgePlace } from './operator.ts'
import type { WalletKey } from './wallet.ts'

export interface Entrance {
  /** The endpoint that is asked and told. */
  readonly url: string
  readonly chainId: number
  readonly key: WalletKey
  readonly addresses: Addresses
  readonly place: EdgePlace
  /** INXT wei. */
  readonly stake: bigint
}

/** What comes back: the account that owns the entry, or why there is none. */
export type Entered =
  | { readonly owner: string }
  | { readonly fault: { code: FaultCode; what: string; hint: string } }

const program = fileURLToPath(new URL('./enter-process.ts', import.meta.url))

/** As `Operator.enter`, with the address of the owner, in lower case; the process is gone when this settles. */
export async function enterApart(entrance: Entrance): Promise<string> {
  const compiled = getCompileCacheDir()
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: [],
    // Node names the folder of its own version, and wants the one above.
    env: { ...process.env, ...(compiled && { NODE_COMPILE_CACHE: dirname(compiled) }) },
  })
  let entered: Entered | undefined
  child.once('message', word => {
    entered = word as Entered
  })
  const exited = once(child, 'exit')
  child.send(entrance, error => error && child.kill())
  const [code, signal] = await exited
  if (entered === undefined) throw new Error(`entering the Roll ended with ${signal ?? `code ${code}`}`)
  if ('owner' in entered) return entered.owner
  const { fault } = entered
  throw new Fault(fault.code, fault.what, { hint: fault.hint })
}
