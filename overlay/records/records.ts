// Who holds what: the question the rest of the node asks, whatever overlay answers it.
//
// The first implementation is `replicated.ts`; the P-Grid goes behind the same interface, so that nobody
// who asks has to change.

import type { Record } from './record.ts'

export interface Records {
  /** Stores a signed record, anybody's, at its homes; how many took it. */
  put(record: Record): Promise<number>
  /** Valid records under the key, newest first; empty when nobody has any. Never rejects for peers that fail. */
  get(key: string): Promise<Record[]>
  /** Says `value` under `key` in this peer's name and keeps saying it, at half of `lifeMs` and when homes change.
   *  Resolves to how many homes have it after the first attempt. */
  publish(key: string, value: Uint8Array, lifeMs: number): Promise<number>
  /** Takes back what `publish` said. */
  withdraw(key: string): Promise<number>
  /** To be called when members come or go. */
  membersChanged(): void
  close(): void
}
