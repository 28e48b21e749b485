// The child of the SIGKILL test: writes records as fast as it can and says which ones it was promised to keep.
//
// `node testing-record-writer.ts <folder> <first number> <fsync>`; prints the number of each record once it is stored.
// Every third write replaces, and every ninth removes, so that a kill hits all three.

import { writeSync } from 'node:fs'
import { createMeter } from '../../base/meter.ts'
import { peerIdOf } from '../peer.ts'
import type { Record } from '../records/record.ts'
import { openRecordFile } from './record-store.ts'

/** What is under this number in the `round`-th version of it. */
export function numbered(number: number, round = 0): Record {
  return {
    key: `offer/${number}`,
    value: Buffer.from(`${number} ${round} `.padEnd(100 + ((number * 7919) % 3000), 'x')),
    publisher: peerIdOf(new Uint8Array(32).fill(number % 251)),
    sequence: round,
    expiresAt: 2 ** 40,
    signature: new Uint8Array(64),
  }
}

export async function writeUntilKilled(folder: string, first: number, fsync: boolean): Promise<void> {
  const store = await openRecordFile({
    folder,
    bytesMax: 2 ** 30,
    fsync,
    meter: createMeter(),
    onBroken: ({ what }) => {
      throw new Error(`a kill broke the database: ${what}`)
    },
  })
  const standing = { proofHeight: 0, owner: 'somebody' }
  const write = (number: number, round: number): boolean =>
    store.write({ row: number, record: numbered(number, round), standing })
  for (let number = first; ; number++) {
    if (!write(number, 0)) throw new Error('no room')
    if (number % 3 === 0) write(number, 1)
    if (number % 9 === 0) store.remove([number])
    await store.settled()
    writeSync(1, `${number}\n`)
  }
}

const [folder, first, fsync] = process.argv.slice(2)
if (import.meta.main) await writeUntilKilled(folder!, Number(first), fsync === 'fsync')
