// What the tests with real sockets share: an identity without a file, and waiting for a state with a deadline.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delay, realClock } from '../../base/io/clock.ts'
import { type Identity, openIdentity } from './identity.ts'

/** A fresh identity; its file is gone again. */
export async function freshIdentity(): Promise<Identity> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-peer-'))
  try {
    return await openIdentity(join(folder, 'peer.key'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Rejects, saying what it waited for, when `isSo` does not hold within `deadlineMs`. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  deadlineMs = 5000,
): Promise<void> {
  const endAt = realClock.now() + deadlineMs
  while (!(await isSo())) {
    if (realClock.now() > endAt) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await delay(5)
  }
}
