// The thread of zone-reader.ts: files in, versions out, one after the other.
//
// It gives way to those who answer queries, where the system can tell threads of a process apart.

import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { isFault } from '../../base/fault.ts'
import type { Told, Wanted } from './zone-reader.ts'
import { readVersion } from './zone-version.ts'

/** A third of the share of whoever serves, where there are not cores enough for both. */
const niceness = 5

// To Linux "this process" is the thread that asks; to others it would be all of them.
if (process.platform === 'linux') setPriority(niceness)

parentPort?.on('message', ({ id, zone, known }: Wanted) => parentPort?.postMessage(told(id, zone, known)))

function told(id: number, zone: Wanted['zone'], known: string | undefined): Told {
  try {
    return { id, version: readVersion(zone, known) }
  } catch (error) {
    if (!isFault(error)) throw error
    return { id, fault: { code: error.code, message: error.message } }
  }
}
