// Reading zone files on a thread of its own, so that no query waits for it: neither for a slice of the work nor while
// the garbage of a million records is collected, which stops the thread whose it is for a tenth of a second.
//
// There is a thread only while there is something to read; its memory ends with it.

import { Worker } from 'node:worker_threads'
import { Fault, type FaultCode } from '../../base/fault.ts'
import type { ReadZone, ZoneFile, ZoneVersion } from './zone-files.ts'
import { openVersion, type PackedVersion } from './zone-version.ts'

/** To the thread. */
export interface Wanted {
  readonly id: number
  readonly zone: ZoneFile
  readonly known: string | undefined
}

/** From the thread. */
export interface Told {
  readonly id: number
  readonly version?: PackedVersion | undefined
  readonly fault?: { readonly code: FaultCode; readonly message: string }
}

/** A million signed names take some 3 GB while they are read, of which they keep a tenth. */
const memoryMb = 4096

export interface ZoneReader extends Disposable {
  /** Rejects as `readVersion` throws, and with Fault `bytes/too-large` for a zone that there is no memory for. */
  readonly read: ReadZone
}

export function createZoneReader(): ZoneReader {
  const waiting = new Map<number, PromiseWithResolvers<ZoneVersion | undefined>>()
  let thread: Worker | undefined
  let asked = 0
  const end = (): void => {
    void thread?.terminate()
    thread = undefined
  }
  const hear = ({ id, version, fault }: Told): void => {
    const one = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) end()
    if (fault !== undefined) one?.reject(new Fault(fault.code, fault.message))
    else one?.resolve(version && openVersion(version))
  }
  const fail = (error: Error): void => {
    end()
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const begin = (): Worker => {
    const begun = new Worker(new URL('./zone-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    })
    begun.on('message', hear)
    begun.once('error', error => begun === thread && fail(faultOf(error)))
    return begun
  }
  return {
    read(zone, known) {
      const one = Promise.withResolvers<ZoneVersion | undefined>()
      const id = ++asked
      waiting.set(id, one)
      thread ??= begin()
      thread.postMessage({ id, zone: { apex: zone.apex, file: zone.file }, known } satisfies Wanted)
      return one.promise
    },
    [Symbol.dispose]: end,
  }
}

function faultOf(error: Error & { readonly code?: unknown }): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error
  return new Fault('bytes/too-large', `a zone takes more than ${memoryMb} MiB to read`, { cause: error })
}
