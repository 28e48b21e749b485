// A body that is kept while it passes, and can be read from any point by any number of readers at once.
//
// One fetch serves everybody who wants the same: who comes late reads what is there and then waits with the others.
// While all of it may be kept, the source is read as fast as it gives. Once it has grown past its bound the beginning
// is forgotten: nobody can join any more, and the source waits for the slowest of those who are reading.
//
// A body that was kept and is kept no more (evicted, replaced) lives on for those who are reading it, who may be slow:
// for as long it takes room of its own, and where there is none its readers are cut. Rejected: forgetting it as it is
// read, which would cut whoever reads several parts of it.

import { Fault } from '../../base/fault.ts'
import type { Share } from '../fair-share.ts'

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
  /** Whether what was kept counts in a store: to be told with each change. It does at first, as what arrives. */
  store(isStored: boolean): void
}

export interface RecordOptions {
  /** Whether so many bytes more may be kept; once it says no, none are. */
  readonly mayKeep: (bytes: number) => boolean
  /** How far the source may be ahead of the slowest reader afterwards. */
  readonly aheadBytesMax: number
  /** Room for what is kept for its readers alone, in octets. */
  readonly room: Share
}

interface Tape {
  readonly chunks: Uint8Array[]
  readonly readers: Set<Reader>
  /** Chunks that stood before those. */
  forgotten: number
  sizeBytes: number
  keeping: boolean
  readonly room: Share
  isStored: boolean
  /** Of `room`. */
  heldBytes: number
  end: { readonly error?: unknown } | undefined
  /** Resolves at the next event of any kind. */
  changed: PromiseWithResolvers<void>
}

interface Reader {
  /** Undefined once it was cut: it may not even hold on to the body. */
  tape: Tape | undefined
  /** Chunks read so far, those forgotten included. */
  at: number
}

/** Reads the source at once and to its end, unless nothing is kept and nobody reads it any more. */
export function record(source: Bytes, options: RecordOptions): Recording {
  const tape: Tape = {
    ...{ chunks: [], readers: new Set(), forgotten: 0, sizeBytes: 0, keeping: true, end: undefined },
    ...{ room: options.room, isStored: true, heldBytes: 0 },
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
    read: (part = { start: 0, end: Number.POSITIVE_INFINITY }) => readFrom({ tape, at: 0 }, part),
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
    store(isStored) {
      tape.isStored = isStored
      settle(tape)
    },
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

async function* readFrom(reader: Reader, part: { start: number; end: number }): AsyncGenerator<Uint8Array> {
  join(reader)
  try {
    for (let at = 0; at < part.end; ) {
      const chunk = nextOf(reader)
      if (chunk === undefined) return
      if (!(chunk instanceof Uint8Array)) {
        await chunk
        continue
      }
      const wanted = chunk.subarray(Math.max(0, part.start - at), part.end - at)
      at += chunk.length
      if (wanted.length > 0) yield wanted
    }
  } finally {
    leave(reader)
  }
}

function join(reader: Reader): void {
  const tape = reader.tape!
  if (tape.forgotten > 0) throw new Fault('net/unreachable', 'The beginning of the body has passed.')
  tape.readers.add(reader)
  settle(tape)
}

/** A promise while there is none yet, undefined after the last. Apart, so that who waits holds on to no tape by it. */
function nextOf(reader: Reader): Uint8Array | Promise<void> | undefined {
  const { tape } = reader
  if (tape === undefined)
    throw new Fault('net/unreachable', 'The body is kept no more, and there is no room for its readers.')
  const chunk = tape.chunks[reader.at - tape.forgotten]
  if (chunk === undefined) {
    if (tape.end === undefined) return tape.changed.promise
    if ('error' in tape.end) throw tape.end.error
    return undefined
  }
  reader.at++
  if (!tape.keeping) forgetRead(tape)
  if (!tape.keeping) tell(tape)
  return chunk
}

function leave(reader: Reader): void {
  const { tape } = reader
  if (tape === undefined) return
  tape.readers.delete(reader)
  forgetRead(tape)
  settle(tape)
  tell(tape)
}

/** Takes room for what is there for its readers alone, or cuts them; gives it back after the last of them. */
function settle(tape: Tape): void {
  const { readers, room } = tape
  if (tape.isStored || readers.size === 0) {
    room.leave(tape.heldBytes)
    tape.heldBytes = 0
  } else if (tape.heldBytes === 0) {
    if (room.enter(tape.sizeBytes)) tape.heldBytes = tape.sizeBytes
    else {
      for (const reader of readers) reader.tape = undefined
      readers.clear()
    }
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
