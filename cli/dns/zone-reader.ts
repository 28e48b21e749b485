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

interface Reading extends PromiseWithResolvers<ZoneVersion | undefined> {
  readonly wanted: Wanted
}

export function createZoneReader(maxOldGenerationSizeMb = memoryMb): ZoneReader {
  /** In the order in which the thread reads them. */
  const waiting = new Map<number, Reading>()
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
  /** The thread ended with the one that it was at; the others begin anew. */
  const fail = (error: Error): void => {
    thread = undefined
    const [at, ...others] = waiting.values()
    if (at === undefined) return
    waiting.delete(at.wanted.id)
    at.reject(faultOf(error, at.wanted.zone.file, maxOldGenerationSizeMb))
    for (const { wanted } of others) post(wanted)
  }
  const begin = (): Worker => {
    const begun = new Worker(new URL('./zone-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb },
    })
    begun.on('message', hear)
    begun.once('error', error => begun === thread && fail(error))
    return begun
  }
  const post = (wanted: Wanted): void => {
    thread ??= begin()
    thread.postMessage(wanted)
  }
  return {
    read({ apex, file }, known) {
      const wanted: Wanted = { id: ++asked, zone: { apex, file }, known }
      const one = { ...Promise.withResolvers<ZoneVersion | undefined>(), wanted }
      waiting.set(wanted.id, one)
      post(wanted)
      return one.promise
    },
    [Symbol.dispose]: end,
  }
}

function faultOf(error: Error & { readonly code?: unknown }, file: string, memoryMb: number): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error
  return new Fault('bytes/too-large', `${file} takes more than ${memoryMb} MiB to read`, { cause: error })
}
