// A text that holds on to nothing but itself.
//
// V8 cuts a string without copying: the piece points into the whole. What is cut from the head of a request and kept
// keeps all of that head, up to 16 KiB for a name of a dozen characters, and a bound on how many are kept would be a
// thousand times what it seems. Whoever keeps a piece for longer than the request keeps a copy.

export function ownText(piece: string): string {
  return Buffer.from(piece).toString()
}
