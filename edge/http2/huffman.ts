// The static Huffman code of HPACK (RFC 7541 §5.2 and Appendix B), from the lengths of its codes alone.
//
// The code is canonical: of codes of one length the smaller symbol has the smaller code, and shorter codes come
// first. So 257 lengths say everything. Reading goes by half octets through a table made at start (no code is
// shorter than five bits, so a half octet completes at most one symbol); bit by bit it would take four times
// as long.

/** One digit in base 36 for each octet, then EOS; a row for each 32. */
const lengths = [
  'dnsssssssoussussssssssusssssssss',
  '6aacd68baa8b8666555666666678f6ca',
  'd67777777777777777777777878djde6',
  'f56565666577666567655677777fbeds',
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnno',
  'mlkmmnnlnmmolmnnllmlnmnnkmmmnmmn',
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrr',
  'koklmllnmmppooqnqrqqrrrrrsrrrrrq',
  'u',
]
  .join('')
  .split('')
  .map(digit => Number.parseInt(digit, 36))
const eos = 256

const codes = canonicalCodes()

function canonicalCodes(): number[] {
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b)
  const made: number[] = []
  let code = 0
  let length = 0
  for (const symbol of symbols) {
    code <<= lengths[symbol]! - length
    length = lengths[symbol]!
    made[symbol] = code++
  }
  return made
}

const noSymbol = -1
const dead = -2
/** For each node of the code's tree and each half octet: where that leads, and the symbol completed on the way. */
const { next, completed, mayEnd } = stateTable()

function stateTable() {
  const children: [number, number][] = [[dead, dead]]
  const leaf = (symbol: number): number => -10 - symbol
  for (const [symbol, code] of codes.entries()) {
    let node = 0
    for (let bit = lengths[symbol]! - 1; bit > 0; bit--) {
      const side = (code >> bit) & 1
      if (children[node]![side] === dead) children[node]![side] = children.push([dead, dead]) - 1
      node = children[node]![side]!
    }
    children[node]![code & 1] = leaf(symbol)
  }
  const next = new Int16Array(children.length * 16)
  const completed = new Int16Array(children.length * 16).fill(noSymbol)
  for (let from = 0; from < children.length * 16; from++) {
    let node = from >> 4
    for (let bit = 3; bit >= 0 && node !== dead; bit--) {
      node = children[node]![(from >> bit) & 1]!
      if (node <= leaf(0)) {
        completed[from] = leaf(0) - node
        node = completed[from] === eos ? dead : 0
      }
    }
    next[from] = node
  }
  // §5.2: what is left over is the beginning of EOS, all ones, and shorter than an octet.
  const mayEnd = new Uint8Array(children.length)
  for (let node = 0, depth = 0; depth < 8; depth++, node = children[node]![1]!) mayEnd[node] = 1
  return { next, completed, mayEnd }
}

/** The octets as latin1 text; undefined when they are no Huffman code. At most 8/5 as long as the input. */
export function huffmanDecode(bytes: Uint8Array): string | undefined {
  const out = Buffer.allocUnsafe(Math.floor((bytes.length * 8) / 5))
  let length = 0
  let state = 0
  for (let i = 0; i < bytes.length * 2; i++) {
    const half = i & 1 ? bytes[i >> 1]! & 15 : bytes[i >> 1]! >> 4
    const step = (state << 4) | half
    state = next[step]!
    if (state === dead) return undefined
    if (completed[step] !== noSymbol) out[length++] = completed[step]!
  }
  return mayEnd[state] === 1 ? out.toString('latin1', 0, length) : undefined
}

/** Undefined for text that is not printable ASCII or would not get shorter. */
export function huffmanEncode(text: string): Buffer | undefined {
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i)
    if (symbol < 0x20 || symbol > 0x7e) return undefined
    bits += lengths[symbol]!
  }
  const bytes = (bits + 7) >> 3
  if (bytes >= text.length) return undefined
  const out = Buffer.allocUnsafe(bytes)
  let at = 0
  let held = 0
  let heldBits = 0
  // The longest code of a printable character has 19 bits: with 7 left over that fits an integer.
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i)
    held = (held << lengths[symbol]!) | codes[symbol]!
    heldBits += lengths[symbol]!
    while (heldBits >= 8) {
      heldBits -= 8
      out[at++] = held >> heldBits
      held &= (1 << heldBits) - 1
    }
  }
  if (heldBits > 0) out[at] = (held << (8 - heldBits)) | (0xff >> heldBits)
  return out
}
