// Keccak-256 of short inputs, for folding: a million names take two million of them.
//
// The permutation is 64-bit arithmetic, which JavaScript has only in halves: @noble/hashes takes 7 µs where
// WebAssembly, whose integers are of that width, takes 0.6 once it is warm. So the permutation is written here
// as a program that writes the WebAssembly: theta, rho and pi, chi, iota over 25 lanes in local variables, once
// per round constant (FIPS 202 section 3.2; the padding byte 0x01 is that of Keccak before FIPS 202, as Ethereum
// uses it). What is not on that path goes on using @noble/hashes; a test holds the two together.

import { toHex } from '../base/bytes.ts'
import { assert } from '../base/fault.ts'

/** What of WebAssembly is used; it is no part of the language's own declarations. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: Record<string, unknown> }
}

/** Bytes of input in one permutation, less the one that the padding takes. */
const inputBytesMax = 135
const laneCount = 25
const roundCount = 24
/** The round constants lie behind the 200 bytes of state. */
const constantsAt = 256

// Opcodes of the WebAssembly core specification, section 5.4.
const op = { loop: 0x03, end: 0x0b, branchIf: 0x0d, get: 0x20, set: 0x21, load64: 0x29, store64: 0x37 }
const integer = { i32: 0x7f, i64: 0x7e, const32: 0x41, const64: 0x42, add32: 0x6a, lessThan32: 0x49 }
const bits = { and64: 0x83, xor64: 0x85, rotateLeft64: 0x89 }
const noResult = 0x40

/** LEB128; signed, because the constants of WebAssembly are. */
function leb(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 0x40; value >>= 7) bytes.push((value & 0x7f) | 0x80)
  return [...bytes, value]
}

const get = (local: number): number[] => [op.get, ...leb(local)]
const set = (local: number): number[] => [op.set, ...leb(local)]
const rotated = (local: number, by: number): number[] => [
  ...get(local),
  ...[integer.const64, ...leb(by), bits.rotateLeft64],
]

// Locals: the lanes A[x + 5y], the lanes B after rho and pi, the column parities C, and where the constant lies.
const a = (i: number): number => i
const b = (i: number): number => laneCount + i
const c = (x: number): number => 2 * laneCount + (x % 5)
const constant = 2 * laneCount + 5
const each = <T>(count: number, make: (i: number) => T[]): T[] =>
  Array.from({ length: count }, (_, i) => make(i)).flat()

/** By how much rho rotates each lane: the triangular numbers, along pi's own walk (FIPS 202 section 3.2.2). */
function rotations(): number[] {
  const by = new Array<number>(laneCount).fill(0)
  for (let t = 0, x = 1, y = 0; t < 24; t++) {
    by[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return by
}

function roundCode(): number[] {
  const by = rotations()
  const parity = each(5, x => [
    ...get(a(x)),
    ...each(4, y => [...get(a(x + 5 * (y + 1))), bits.xor64]),
    ...set(c(x)),
  ])
  const theta = each(laneCount, i => [
    ...get(a(i)),
    ...get(c((i % 5) + 4)),
    bits.xor64,
    ...rotated(c((i % 5) + 1), 1),
    bits.xor64,
    ...set(a(i)),
  ])
  const rhoAndPi = each(laneCount, i => {
    const [x, y] = [i % 5, Math.floor(i / 5)]
    return [...rotated(a(i), by[i]!), ...set(b(y + 5 * ((2 * x + 3 * y) % 5)))]
  })
  // ~p & q is q ^ (p & q), which WebAssembly can say.
  const chi = each(laneCount, i => {
    const row = i - (i % 5)
    const [p, q] = [b(row + ((i + 1) % 5)), b(row + ((i + 2) % 5))]
    return [...get(b(i)), ...get(q), bits.xor64, ...get(p), ...get(q), bits.and64, bits.xor64, ...set(a(i))]
  })
  const iota = [...get(a(0)), ...get(constant), op.load64, 3, 0, bits.xor64, ...set(a(0))]
  return [...parity, ...theta, ...rhoAndPi, ...chi, ...iota]
}

/** The function that permutes the first 200 bytes of memory. */
function permutationCode(): number[] {
  const address = [integer.const32, 0]
  const constantsEnd = constantsAt + 8 * roundCount
  return [
    ...[2, constant, integer.i64, 1, integer.i32],
    ...each(laneCount, i => [...address, op.load64, 3, ...leb(8 * i), ...set(a(i))]),
    ...[integer.const32, ...leb(constantsAt), ...set(constant)],
    ...[op.loop, noResult],
    ...roundCode(),
    ...[...get(constant), integer.const32, 8, integer.add32, ...set(constant)],
    ...[...get(constant), integer.const32, ...leb(constantsEnd), integer.lessThan32, op.branchIf, 0],
    op.end,
    ...each(laneCount, i => [...address, ...get(a(i)), op.store64, 3, ...leb(8 * i)]),
    op.end,
  ]
}

/** Sections by number (core specification 5.5): types, functions, memories, exports, code. */
function moduleBytes(): Uint8Array {
  const section = (id: number, body: number[]): number[] => [id, ...leb(body.length), ...body]
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)]
  const code = permutationCode()
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('permute'), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ])
}

/** Iota's constants come from a shift register (FIPS 202 section 3.2.5), so there is no table to mistype. */
function roundConstants(): bigint[] {
  let register = 1
  return Array.from({ length: roundCount }, () => {
    let constant = 0n
    for (let j = 0; j <= 6; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1)
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0)
    }
    return constant
  })
}

const machine = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports
const memory = (machine.memory as { readonly buffer: ArrayBuffer }).buffer
const permute = machine.permute as () => void
const state = new Uint8Array(memory, 0, 200)
const stateWords = new Int32Array(memory, 0, 50)
new BigUint64Array(memory, constantsAt, roundCount).set(roundConstants())

/** Hashes the first `length` bytes of a state that is zero behind them; its first 32 bytes are the digest then. */
function finish(length: number): void {
  state[length]! ^= 0x01
  state[inputBytesMax]! ^= 0x80
  permute()
}

/** Keccak-256 of at most 135 bytes. */
export function keccakShort(bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= inputBytesMax, `keccakShort of ${bytes.length} bytes`)
  state.fill(0)
  state.set(bytes)
  finish(bytes.length)
  return state.slice(0, 32)
}

/** Leaves keccak256(parent ‖ keccak256(label)) in the state (EIP-137). */
function hashChild(parent: Uint8Array, label: string): void {
  assert(label.length <= inputBytesMax, `label of ${label.length} characters`)
  // Loops, because for so few bytes the methods of typed arrays take longer to be called than to run.
  for (let i = 0; i < 50; i++) stateWords[i] = 0
  for (let i = 0; i < label.length; i++) state[i] = label.charCodeAt(i)
  finish(label.length)
  for (let i = 0; i < 8; i++) stateWords[8 + i] = stateWords[i]!
  for (let i = 16; i < 50; i++) stateWords[i] = 0
  for (let i = 0; i < 32; i++) state[i] = parent[i]!
  finish(64)
}

/** As `childNode` of label.ts, for an ASCII label and the parent as bytes. */
export function childNodeShort(parent: Uint8Array, label: string): string {
  hashChild(parent, label)
  return `0x${toHex(state.subarray(0, 32))}`
}

/** Whether `node`, 0x and 64 lower-case digits, is that of an ASCII label below `parent`. */
export function isChildNode(node: string, parent: Uint8Array, label: string): boolean {
  hashChild(parent, label)
  for (let i = 0; i < 32; i++) {
    const [high, low] = [digit(node.charCodeAt(2 + 2 * i)), digit(node.charCodeAt(3 + 2 * i))]
    if (state[i] !== 16 * high + low) return false
  }
  return true
}

/** The value of `0` to `9` and `a` to `f` by their character code. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87
}
