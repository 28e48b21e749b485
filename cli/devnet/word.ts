// The one message on the channel between a devnet and each of its edges.

import type { FaultCode } from '../../base/fault.ts'

/** What an edge tells its parent. */
export type Word =
  | { readonly ready: true }
  | { readonly fault: { code: FaultCode; what: string; hint: string } }
