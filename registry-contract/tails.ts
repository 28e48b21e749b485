// What of long labels does not fit into their rows: 31 characters at most, one behind the other in blocks of a
// megabyte.
//
// A label never changes and is only ever taken away by undoing, last in first out, so the whole is a stack with
// one number for its end. A label's tail does not cross from one block into the next.

export const tailBlockBytes = 1 << 20

export class Tails {
  readonly #blocks: Uint8Array[] = []
  #end = 0

  /** Where the next tail would begin at the earliest; `cut` goes back to it. */
  get end(): number {
    return this.#end
  }

  cut(end: number): void {
    this.#end = end
  }

  /** ASCII, a few characters; returns where it lies. */
  add(tail: string): number {
    const left = tailBlockBytes - (this.#end % tailBlockBytes)
    const start = tail.length <= left ? this.#end : this.#end + left
    this.#grow(start + tail.length)
    const bytes = this.#blocks[Math.floor(start / tailBlockBytes)]!
    const from = start % tailBlockBytes
    for (let i = 0; i < tail.length; i++) bytes[from + i] = tail.charCodeAt(i)
    this.#end = start + tail.length
    return start
  }

  read(start: number, length: number): string {
    const bytes = this.#blocks[Math.floor(start / tailBlockBytes)]!
    const from = start % tailBlockBytes
    let text = ''
    for (let i = from; i < from + length; i++) text += String.fromCharCode(bytes[i]!)
    return text
  }

  /** The bytes up to the end, by block; not copied. */
  *parts(): Iterable<Uint8Array> {
    for (let start = 0; start < this.#end; start += tailBlockBytes) {
      const length = Math.min(tailBlockBytes, this.#end - start)
      yield this.#blocks[start / tailBlockBytes]!.subarray(0, length)
    }
  }

  /** The inverse of `parts`, joined. */
  load(bytes: Uint8Array): void {
    this.#grow(bytes.length)
    this.#blocks.forEach((block, i) => {
      block.set(bytes.subarray(i * tailBlockBytes, (i + 1) * tailBlockBytes))
    })
    this.#end = bytes.length
  }

  #grow(bytes: number): void {
    while (this.#blocks.length * tailBlockBytes < bytes) this.#blocks.push(new Uint8Array(tailBlockBytes))
  }
}
