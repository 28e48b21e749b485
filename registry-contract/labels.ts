// The labels of all names, one behind the other in blocks of a megabyte: a byte a character, no object a label.
//
// A label never changes and is only ever taken away by undoing, last in first out, so the whole is a stack with
// one number for its end. A label does not cross from one block into the next.

export const labelBlockBytes = 1 << 20

export class Labels {
  readonly #blocks: Uint8Array[] = []
  #end = 0

  /** Where the next label would begin at the earliest; `cut` goes back to it. */
  get end(): number {
    return this.#end
  }

  cut(end: number): void {
    this.#end = end
  }

  /** ASCII of at most 63 characters; returns where it lies. */
  add(label: string): number {
    const left = labelBlockBytes - (this.#end % labelBlockBytes)
    const start = label.length <= left ? this.#end : this.#end + left
    this.#grow(start + label.length)
    const bytes = this.#blocks[Math.floor(start / labelBlockBytes)]!
    const from = start % labelBlockBytes
    for (let i = 0; i < label.length; i++) bytes[from + i] = label.charCodeAt(i)
    this.#end = start + label.length
    return start
  }

  read(start: number, length: number): string {
    const bytes = this.#blocks[Math.floor(start / labelBlockBytes)]!
    const from = start % labelBlockBytes
    let text = ''
    for (let i = from; i < from + length; i++) text += String.fromCharCode(bytes[i]!)
    return text
  }

  equals(start: number, label: string): boolean {
    const bytes = this.#blocks[Math.floor(start / labelBlockBytes)]!
    const from = start % labelBlockBytes
    for (let i = 0; i < label.length; i++) if (bytes[from + i] !== label.charCodeAt(i)) return false
    return true
  }

  /** The bytes up to the end, by block; not copied. */
  *parts(): Iterable<Uint8Array> {
    for (let start = 0; start < this.#end; start += labelBlockBytes) {
      const length = Math.min(labelBlockBytes, this.#end - start)
      yield this.#blocks[start / labelBlockBytes]!.subarray(0, length)
    }
  }

  /** The inverse of `parts`, joined. */
  load(bytes: Uint8Array): void {
    this.#grow(bytes.length)
    this.#blocks.forEach((block, i) => {
      block.set(bytes.subarray(i * labelBlockBytes, (i + 1) * labelBlockBytes))
    })
    this.#end = bytes.length
  }

  #grow(bytes: number): void {
    while (this.#blocks.length * labelBlockBytes < bytes) this.#blocks.push(new Uint8Array(labelBlockBytes))
  }
}
