// Bytes that somebody still reads, found by name: what a cache had to let go is not loaded a second time meanwhile.
//
// A thousand slow readers of one file hold blocks long after the cache has turned to others. The references are weak,
// so this costs a map entry for each block in use, and no block lives longer for it. It is the buffer that is
// remembered: readers hold views of it.

export interface Lent {
  get(key: string): Uint8Array | undefined
  set(key: string, bytes: Uint8Array): void
  size(): number
}

type Loan = {
  readonly buffer: WeakRef<ArrayBufferLike>
  readonly byteOffset: number
  readonly length: number
}

export function createLent(): Lent {
  const loans = new Map<string, Loan>()
  const ended = new FinalizationRegistry<string>(key => {
    // The same block may have been lent again since.
    if (loans.get(key)?.buffer.deref() === undefined) loans.delete(key)
  })
  return {
    get(key) {
      const loan = loans.get(key)
      const buffer = loan?.buffer.deref()
      return buffer && new Uint8Array(buffer, loan!.byteOffset, loan!.length)
    },
    set(key, { buffer, byteOffset, length }) {
      loans.set(key, { buffer: new WeakRef(buffer), byteOffset, length })
      ended.register(buffer, key)
    },
    size: () => loans.size,
  }
}
