// Who holds what: the question the rest of the node asks, whatever overlay answers it.

import type { Record } from './record.ts'

export interface Records {
  /** Stores a signed record, anybody's, at its homes; how many took it for certain. */
  put(record: Record): Promise<number>
  /** Valid records under the key, newest first; empty when nobody has any. Never rejects for peers that fail. */
  get(key: string): Promise<Record[]>
  /** Valid records whose key begins with `prefix`, in the order of their grid keys: at most `countMax`, and without
   *  those of peers that did not answer. */
  range(prefix: string, countMax: number): Promise<Record[]>
  /** Says `value` under `key` in this peer's name and keeps saying it, at half of `lifeMs` and when homes change.
   *  Resolves to how many homes have it after the first attempt. */
  publish(key: string, value: Uint8Array, lifeMs: number): Promise<number>
  /** Takes back what `publish` said. */
  withdraw(key: string): Promise<number>
  /** To be called when members come or go. */
  membersChanged(): void
  close(): void
}
