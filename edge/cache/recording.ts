// A body that is kept while it passes, and can be read from any point by any number of readers at once.
//
// One fetch serves everybody who wants the same: who comes late reads what is there and then waits with the others.
// While all of it may be kept, the source is read as fast as it gives. Once it has grown past its bound the beginning
// is forgotten: nobody can join any more, and the source waits for the slowest of those who are reading.

import { Fault } from '../../base/fault.ts'

type Bytes = AsyncIterable<Uint8Array>

export interface Recording {
  /** From the beginning, or a part of it; throws what the source threw. Not once something is forgotten. */
  read(part?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>
  /** All of it, when it has come whole and in one piece. */
  piece(): Uint8Array | undefined
  /** So far. */
  readonly sizeBytes: number
  /** Undefined until the end is there. */
  readonly wholeBytes: number | undefined
  /** Resolves once it is known: true when all of it was kept, false when it grew too long or the source failed. */
  readonly kept: Promise<boolean>
  /** Resolves once nothing more comes, and no more than `aheadBytesMax` of what was not kept waits for a reader. */
  readonly done: Promise<void>
}

export interface RecordOptions {
  /** Whether so many bytes more may be kept; once it says no, none are. */
  readonly mayKeep: (bytes: number) => boolean
  /** How far the source may be ahead of the slowest reader afterwards. */
  readonly aheadBytesMax: number
}

interface Tape {
  readonly chunks: Uint8Array[]
  readonly readers: Set<Reader>
  /** Chunks that stood before those. */
  forgotten: number
  sizeBytes: number
  keeping: boolean
  end: { readonly error?: unknown } | undefined
  /** Resolves at the next event of any kind. */
  changed: PromiseWithResolvers<void>
}

interface Reader {
  /** Chunks read so far, those forgotten included. */
  at: number
}

/** Reads the source at once and to its end, unless nothing is kept and nobody reads it any more. */
export function record(source: Bytes, options: RecordOptions): Recording {
  const tape: Tape = {
    ...{ chunks: [], readers: new Set(), forgotten: 0, sizeBytes: 0, keeping: true, end: undefined },
    changed: Promise.withResolvers(),
  }
  const kept = Promise.withResolvers<boolean>()
  const done = pump(tape, source, options, () => kept.resolve(false))
    .catch((error: unknown) => ({ error }))
    .then(failure => {
      tape.end = failure ?? {}
      kept.resolve(tape.keeping && failure === undefined)
      tell(tape)
    })
  return {
    read: (part = { start: 0, end: Number.POSITIVE_INFINITY }) => readFrom(tape, part),
    piece() {
      if (tape.end === undefined || 'error' in tape.end || tape.chunks.length > 1) return undefined
      return tape.chunks[0] ?? new Uint8Array(0)
    },
    get sizeBytes() {
      return tape.sizeBytes
    },
    get wholeBytes() {
      return tape.end === undefined || 'error' in tape.end ? undefined : tape.sizeBytes
    },
    kept: kept.promise,
    done,
  }
}

async function pump(tape: Tape, source: Bytes, options: RecordOptions, tooLong: () => void): Promise<void> {
  const { chunks, readers } = tape
  const aheadBytes = (): number => chunks.reduce((sum, { length }) => sum + length, 0)
  for await (const chunk of source) {
    if (chunk.length === 0) continue
    chunks.push(trimmed(chunk))
    tape.sizeBytes += chunk.length
    if (tape.keeping && !options.mayKeep(chunk.length)) {
      tape.keeping = false
      tooLong()
    }
    forgetRead(tape)
    tell(tape)
    if (tape.keeping) continue
    while (readers.size > 0 && aheadBytes() > options.aheadBytesMax) await tape.changed.promise
    if (readers.size === 0) return
  }
}

async function* readFrom(tape: Tape, part: { start: number; end: number }): AsyncGenerator<Uint8Array> {
  if (tape.forgotten > 0) throw new Fault('net/unreachable', 'The beginning of the body has passed.')
  const reader: Reader = { at: 0 }
  tape.readers.add(reader)
  try {
    for (let at = 0; at < part.end; ) {
      const chunk = tape.chunks[reader.at - tape.forgotten]
      if (chunk === undefined) {
        if (tape.end === undefined) await tape.changed.promise
        else if ('error' in tape.end) throw tape.end.error
        else return
        continue
      }
      reader.at++
      if (!tape.keeping) forgetRead(tape)
      if (!tape.keeping) tell(tape)
      const wanted = chunk.subarray(Math.max(0, part.start - at), part.end - at)
      at += chunk.length
      if (wanted.length > 0) yield wanted
    }
  } finally {
    tape.readers.delete(reader)
    forgetRead(tape)
    tell(tape)
  }
}

/** What is kept whole is forgotten never, the rest once everybody who reads has read it. */
function forgetRead(tape: Tape): void {
  if (tape.keeping) return
  const { chunks, readers, forgotten } = tape
  const slowest = Math.min(...[...readers].map(({ at }) => at), forgotten + chunks.length)
  chunks.splice(0, slowest - forgotten)
  tape.forgotten = slowest
}

function tell(tape: Tape): void {
  tape.changed.resolve()
  tape.changed = Promise.withResolvers()
}

/** A short chunk of a large buffer would keep all of the buffer. */
function trimmed(chunk: Uint8Array): Uint8Array {
  return chunk.length * 4 < chunk.buffer.byteLength * 3 ? chunk.slice() : chunk
}
